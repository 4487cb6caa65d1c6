import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Report } from '../../../exporters/index.js';
import { toPrometheusText } from '../../../src/cli/worker/prometheus-text.js';
import { emptyLedger } from '../../../src/pipeline/ledger-sum.js';
import { againstSources, examplesOf, run } from './programs.js';

const PAGE = fileURLToPath(new URL('../../../docs/operations.md', import.meta.url));
const NODE_MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const page = await readFile(PAGE, 'utf8');
const examples = await examplesOf('docs/operations.md');

describe('the page of operations', () => {
  it('shows programs that print what it says', async function () {
    this.timeout(120_000);
    expect(examples).to.have.length(3);
    expect(await run(examples)).to.deep.equal([...examples.map(({ prints }) => prints), '']);
  });

  it('names the metrics that a worker gives to Prometheus', () => {
    const given = toPrometheusText(emptyLedger(), true).match(/^# TYPE (\w+)/gm);
    const names = new Set(given!.map((line) => line.slice('# TYPE '.length)));
    const named = new Set(page.match(/kaneda_worker_\w+/g));
    expect([...named].sort()).to.deep.equal([...names].sort());
  });
});

describe('the application that ends without losses', () => {
  let folder: string;
  let application: ChildProcess;
  let port: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaneda-ending-'));
    const [, source] = /^```js program\n(.*?)^```$/ms.exec(page)!;
    await symlink(NODE_MODULES, join(folder, 'node_modules'));
    await writeFile(join(folder, 'program.mjs'), againstSources(source!));
    application = spawn(process.execPath, ['--import=tsx', 'program.mjs'], {
      cwd: folder,
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(application.stdout!.setEncoding('utf8'), 'data');
    port = Number(/listening on (\d+)/.exec(String(line))![1]);
  });

  afterEach(async () => {
    application.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });

  /** A request over a connection that is kept alive; the text of the answer. */
  async function order(agent: http.Agent): Promise<string> {
    const request = http.get({ port, path: '/order', agent, host: '127.0.0.1' });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return (await response.setEncoding('utf8').toArray()).join('');
  }

  it('answers what is in progress at SIGTERM, and stores what that recorded', async () => {
    const agent = new http.Agent({ keepAlive: true });
    expect(await order(agent)).to.equal('ordered');
    const inProgress = order(agent);
    await sleep(100);
    application.kill('SIGTERM');
    expect(await inProgress).to.equal('ordered');
    const [code] = await once(application, 'exit');
    expect(code).to.equal(0);
    agent.destroy();
    const lines = (await readFile(join(folder, 'metrics.log'), 'utf8')).trim().split('\n');
    const reports = lines.map((line) => JSON.parse(line) as Report & { count?: number });
    const sum = (name: string, of: (report: { count?: number; value?: unknown }) => unknown) =>
      reports
        .filter((report) => report.name === name)
        .reduce((total, report) => total + Number(of(report)), 0);
    expect(sum('orders', ({ value }) => value)).to.equal(2);
    expect(sum('http.server.request.duration', ({ count }) => count)).to.equal(2);
    expect(lines.join()).to.not.include('error.type');
  });
});
