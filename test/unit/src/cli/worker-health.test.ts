import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Ledger } from '../../../../exporters/delivery/ledger.js';
import { HealthServer, type Observed } from '../../../../src/cli/worker/health-server.js';
import { toPrometheusText } from '../../../../src/cli/worker/prometheus-text.js';
import { kaneda } from '../../../programs/cli.js';
import { WorkerProgram } from '../../../support/servers/worker-program.js';
import { until } from '../../../support/until.js';

const LEDGER: Ledger = {
  accepted: 12,
  stored: 7,
  pending: 3,
  rejected: { 'field "a\\b"\nis a text': 2 },
  dropped: {},
  refused: { 'not JSON': 1 },
};

describe("a worker's ledger in Prometheus's text format", () => {
  it('has a line for each number, with help and type, and reasons escaped', () => {
    expect(
      toPrometheusText(LEDGER, true)
        .split('\n')
        .filter((line) => !line.startsWith('# HELP')),
    ).to.deep.equal([
      '# TYPE kaneda_worker_reports_accepted_total counter',
      'kaneda_worker_reports_accepted_total 12',
      '# TYPE kaneda_worker_reports_stored_total counter',
      'kaneda_worker_reports_stored_total 7',
      '# TYPE kaneda_worker_reports_pending gauge',
      'kaneda_worker_reports_pending 3',
      '# TYPE kaneda_worker_reports_rejected_total counter',
      'kaneda_worker_reports_rejected_total{reason="field \\"a\\\\b\\"\\nis a text"} 2',
      '# TYPE kaneda_worker_reports_dropped_total counter',
      '# TYPE kaneda_worker_jobs_refused_total counter',
      'kaneda_worker_jobs_refused_total{reason="not JSON"} 1',
      '# TYPE kaneda_worker_ready gauge',
      'kaneda_worker_ready 1',
      '',
    ]);
  });
});

describe("a worker's health server", () => {
  let worker: { fault: Error | undefined } & Observed;
  let server: HealthServer;
  let address: string;
  beforeEach(async () => {
    worker = { fault: undefined, ledger: () => LEDGER };
    server = new HealthServer(worker);
    address = await server.listen(0, '127.0.0.1');
  });
  afterEach(() => server.close());
  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(`${address}${path}`, { method });
    return `${response.status} ${await response.text()}`;
  };

  it('is live always, and ready while queue and store answer', async () => {
    expect(await ask('/ready')).to.equal('200 ready\n');
    worker.fault = new Error('connect ECONNREFUSED 127.0.0.1:6379');
    expect(await ask('/ready')).to.equal('503 waiting: connect ECONNREFUSED 127.0.0.1:6379\n');
    expect(await ask('/live')).to.equal('200 live\n');
    expect(await ask('/metrics')).to.match(/^kaneda_worker_ready 0$/m);
    worker.fault = undefined;
    expect(await ask('/ready?verbose')).to.equal('200 ready\n');
    server.ending();
    expect(await ask('/ready')).to.equal('503 ending\n');
    expect(await ask('/live')).to.equal('200 live\n');
  });

  it('gives the ledger to Prometheus', async () => {
    const response = await fetch(`${address}/metrics`);
    expect(response.headers.get('content-type')).to.match(/^text\/plain; version=0.0.4/);
    expect(await response.text()).to.match(/^kaneda_worker_reports_stored_total 7$/m);
  });

  it('answers HEAD without a body, and refuses what it does not have', async () => {
    expect(await ask('/live', 'HEAD')).to.equal('200 ');
    expect(await ask('/')).to.match(/^404 \/live, \/ready or \/metrics/);
    expect(await ask('/live', 'POST')).to.match(/^405 /);
  });

  it('tells what to do about a port in use and about a host of another machine', async () => {
    const other = http.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const inUse = await new HealthServer(worker).listen(port, '127.0.0.1').catch(String);
    expect(inUse).to.include(`--health-port ${port} on 127.0.0.1: the port is in use`);
    other.close();
    const elsewhere = await new HealthServer(worker).listen(0, '192.0.2.1').catch(String);
    expect(elsewhere).to.include('correct --health-host');
  });
});

const QUEUES = new URL('../../../../exporters/queues/index.ts', import.meta.url);

/** A queue that holds three reports, then nothing. */
const QUEUE = `
import { ReportQueue } from '${QUEUES}';
const reports = [1, 2, 3].map((value) => ({
  id: String(value), name: 'x', metric: 'gauge', value, timestamp: new Date(), host: 'h' }));
const nothing = async () => {};
export default class ThreeQueue extends ReportQueue {
  async write() {}
  async take({ signal }) {
    if (reports.length === 0 && !signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return reports.splice(0).map((report) => (
      { report, acknowledge: nothing, retry: nothing, reject: nothing }));
  }
}`;

describe('kaneda worker --health-port', () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'kaneda-health-'));
    writeFileSync(join(cwd, 'queue.mjs'), QUEUE);
  });
  afterEach(() => rmSync(cwd, { recursive: true }));
  const env = () => ({
    KANEDA_QUEUE: join(cwd, 'queue.mjs'),
    KANEDA_BACKEND: 'logger',
    KANEDA_LOGGER_FILENAME: join(cwd, 'stored.log'),
  });

  it('answers probes and Prometheus on the loopback address while it works', async () => {
    const worker = new WorkerProgram(env(), ['--health-port', '0']);
    try {
      await until(() => /http:\/\/127\.0\.0\.1:\d+/.test(worker.output));
      const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(worker.output)!;
      const text = async (path: string) => (await fetch(`${address}${path}`)).text();
      await until(async () => /stored_total 3$/m.test(await text('/metrics')));
      const stored = readFileSync(env().KANEDA_LOGGER_FILENAME, 'utf8').trim().split('\n');
      expect(stored).to.have.lengthOf(3);
      expect(await text('/ready')).to.equal('ready\n');
      expect(await text('/live')).to.equal('live\n');
      worker.kill('SIGTERM');
      expect(await worker.end()).to.equal(0);
    } finally {
      worker.kill('SIGKILL');
    }
  });

  it('ends at once for a port that it cannot have, before it takes anything', async () => {
    const other = http.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr, stdout } = await kaneda(['worker', '--health-port', String(port)], {
      cwd,
      env: env(),
    });
    other.close();
    expect(code).to.equal(1);
    expect(stderr).to.include('the port is in use; choose another one');
    expect(stdout).to.equal('');
  });

  it('refuses what is not a port', async () => {
    const { code, stderr } = await kaneda(['worker', '--health-port', '80a'], { cwd, env: env() });
    expect(code).to.equal(1);
    expect(stderr).to.include('A port, 0 to 65535.');
  });
});
