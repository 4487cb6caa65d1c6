import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { kaneda } from '../programs/cli.js';
import { ROOT } from '../smoke/project.js';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { temporaryFolder } from '../support/servers/process.js';
import { python } from '../support/servers/python.js';
import { startRedis } from '../support/servers/redis.js';
import { orSkip, requireServer, type Server } from '../support/servers/server.js';
import { againstSources, filesOf } from '../unit/docs/programs.js';

/** The files of a page in a folder of their own, beside the packages that they import. */
async function folderOf(page: string): Promise<string> {
  const folder = temporaryFolder('start');
  await mkdir(folder, { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [path, source] of filesOf(page))
    await writeFile(join(folder, path), againstSources(source));
  return folder;
}

/** Starts one of the files by `node`. */
function start(folder: string, file: string, env: Record<string, string>) {
  return spawn(process.execPath, ['--import=tsx', file], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Runs one of the files to its end; gives what it printed. */
async function output(folder: string, file: string, env: Record<string, string>): Promise<string> {
  const program = start(folder, file, env);
  const text = (await program.stdout.setEncoding('utf8').toArray()).join('');
  if (program.exitCode === null) await once(program, 'exit');
  expect(program.exitCode).to.equal(0);
  return text;
}

interface Row {
  name: string;
  count: number | null;
  group: Record<string, unknown>;
}

describe('a reader of the pages in docs/start', function () {
  this.timeout(180_000);
  let server: Server | undefined;

  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  it('has the requests of an Express application in Elasticsearch, by route', async function () {
    server = await requireServer(this, startElasticsearch, { own: true });
    // The first write to a cold server may take longer than the end of the application waits.
    const headers = { 'content-type': 'application/json' };
    await fetch(`${server.url}/warm/_doc`, { method: 'POST', headers, body: '{}' });
    const folder = await folderOf('docs/start/express.md');
    const application = start(folder, 'app.mjs', { ELASTICSEARCH_URL: server.url, PORT: '0' });
    const lines = application.stdout.setEncoding('utf8');
    const port = /listening on (\d+)/.exec(String((await once(lines, 'data'))[0]))![1];
    const at = (path: string) => `http://127.0.0.1:${port}${path}`;
    for (const article of ['plum', 'pear']) await (await fetch(at(`/articles/${article}`))).text();
    await (await fetch(at('/orders'), { method: 'POST' })).text();
    application.kill('SIGTERM');
    const said = (await lines.toArray()).join('');
    expect(said).to.match(
      /stored: [1-9]\d*,\n {2}pending: 0,\n {2}rejected: {},\n {2}dropped: {},/,
    );

    const env = {
      KANEDA_BACKEND: 'elasticsearch',
      KANEDA_ELASTIC_INDEX_NAME: 'metrics',
      KANEDA_ELASTIC_CONNECTION_URL: server.url,
    };
    expect((await kaneda(['check', '--no-write'], { cwd: folder, env })).code).to.equal(0);
    const args = ['report', 'http.server.request.duration', '--by', 'http.route', '--json'];
    const { stdout } = await kaneda(args, { cwd: folder, env });
    const rows = (JSON.parse(stdout) as Row[]).map(({ group, count }) => [
      group['http.route'],
      count,
    ]);
    expect(rows).to.have.deep.members([
      ['/articles/:id', 2],
      ['/orders', 1],
    ]);
  });

  it('has the reports of a BullMQ queue stored by a worker', async function () {
    server = await requireServer(this, startRedis, { own: true });
    const page = 'docs/start/worker.md';
    const folder = await folderOf(page);
    const said = await output(folder, 'shop.mjs', { REDIS_URL: server.url });
    expect(await readFile(join(ROOT, page), 'utf8')).to.include(`\`\`\`text\n${said}\`\`\``);
    expect(await stored(folder, { QUEUE: 'bullmq', BULLMQ_REDIS_URL: server.url })).to.deep.equal([
      ['checkout', 1],
      ['orders', 1],
    ]);
  });

  it('has the reports of Python and of Node counted together', async function () {
    server = await requireServer(this, startRedis, { own: true });
    const peer = await orSkip(this, python);
    const page = 'docs/start/python.md';
    const folder = await folderOf(page);
    const env = { REDIS_URL: server.url };
    await peer.run(filesOf(page).get('shop.py')!, { env });
    await output(folder, 'shop.mjs', env);
    expect(await stored(folder, { QUEUE: 'rq', RQ_REDIS_URL: server.url })).to.deep.equal([
      ['deploy', 2],
      ['user.signup', 2],
    ]);
  });

  /** Runs the page's worker until the queue is empty; gives name and count of what `kaneda report` shows. */
  async function stored(folder: string, queue: Record<string, string>) {
    const settings = { ...queue, BACKEND: 'logger', LOGGER_FILENAME: 'metrics.log' };
    const env = Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [`KANEDA_${name}`, value]),
    );
    for (const args of [
      ['check', '--no-write'],
      ['worker', '--once'],
    ])
      expect(await kaneda(args, { cwd: folder, env })).to.have.property('code', 0);
    const { stdout } = await kaneda(['report', 'metrics.log', '--json'], { cwd: folder });
    const rows = JSON.parse(stdout) as Row[];
    return rows.map(({ name, count }) => [name, count]).sort();
  }
});
