import { expect } from 'chai';
import { Redis } from 'ioredis';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { RQQueue } from '../../exporters/queues/rq/index.js';
import { someReports } from '../conformance/suites/queue.js';
import { startRedis } from '../support/servers/redis.js';
import { orSkip, requireServer, type Server } from '../support/servers/server.js';
import { onTerminal, shown } from '../support/servers/terminal.js';
import { WorkerProgram } from '../support/servers/worker-program.js';
import { until } from '../support/until.js';

/** What the terminal sends for Ctrl-C is up to the terminal: the program gets SIGINT. */
const CTRL_C = '\x03';
/** Wider than any line of the log file. */
const WIDE = 4_000;
const NARROW = 30;

describe('kaneda worker on a terminal', function () {
  this.timeout(120_000);
  let server: Server;
  let wide: string[];
  let narrow: string[];
  let admin: Redis;
  let worker: WorkerProgram | undefined;
  const run = (env: NodeJS.ProcessEnv, wrapper: readonly string[], ...args: string[]) => {
    worker = new WorkerProgram(
      { KANEDA_QUEUE: 'rq', KANEDA_RQ_REDIS_URL: server.url, ...env },
      args,
      wrapper,
    );
    return worker;
  };
  const logger = { KANEDA_BACKEND: 'logger' };
  const down = { KANEDA_BACKEND: 'mongodb', KANEDA_MONGO_CONNECTION_URL: 'mongodb://127.0.0.1:1/' };
  const enqueue = async (count: number) => {
    const queue = new RQQueue({ redisUrl: server.url });
    queue[INTERNALS].accept(someReports(count));
    await queue.forceFlush({ timeout: 10_000 });
    await queue.shutdown();
  };

  before(async function () {
    server = await requireServer(this, startRedis, { own: true });
    wide = await orSkip(this, () => onTerminal(WIDE));
    narrow = await onTerminal(NARROW);
    admin = new Redis(server.url);
    admin.on('error', () => {});
  });
  beforeEach(() => admin.flushall());
  afterEach(() => worker?.kill('SIGKILL'));
  after(async () => {
    admin?.disconnect();
    await server?.stop();
  });

  it('rewrites one line, and ends with 0 at Ctrl-C', async () => {
    const program = run({ ...logger, KANEDA_LOGGER_FILENAME: 'reports' }, wide);
    await until(() => program.output.includes('0 in hand'));
    await enqueue(120);
    await until(() => /working: 120 stored.* 0 in hand/.test(program.output));
    program.type(CTRL_C);
    expect(await program.end()).to.equal(0);
    expect(shown(program.output, WIDE)).to.deep.equal(['kaneda worker, ended: 120 stored']);
  });

  it('gives back at SIGTERM what the store does not take, says so, and ends with 0', async () => {
    await enqueue(20);
    const program = run(down, wide, '--timeout', '2');
    await until(() => program.output.includes('20 in hand'));
    program.kill('SIGTERM');
    expect(await program.end()).to.equal(0);
    expect(shown(program.output, WIDE).at(-1)).to.equal(
      'kaneda worker, ended: 0 stored, 20 given back',
    );
    expect(await admin.llen('rq:queue:kaneda')).to.equal(20);
  });

  it('does not wait when it is asked twice', async () => {
    await enqueue(20);
    const program = run(down, wide, '--timeout', '3600');
    await until(() => program.output.includes('20 in hand'));
    program.type(CTRL_C);
    await until(() => program.output.includes('ending'));
    program.type(CTRL_C);
    expect(await program.end()).to.equal(130);
  });

  it('keeps the line below what else is written', async () => {
    const program = run(logger, wide);
    await until(() => program.output.includes('0 in hand'));
    for (const total of [10, 20]) {
      await enqueue(10);
      await until(() => program.output.includes(`working: ${total} stored`));
    }
    program.type(CTRL_C);
    expect(await program.end()).to.equal(0);
    const lines = shown(program.output, WIDE);
    expect(lines.pop()).to.equal('kaneda worker, ended: 20 stored');
    const ids = lines.map((line) => (JSON.parse(line) as { id: string }).id);
    expect(new Set(ids).size).to.equal(20);
  });

  it('breaks the line where the terminal is narrow, and rewrites it all the same', async () => {
    await enqueue(1_234);
    const program = run(
      { ...down, KANEDA_MONGO_CONNECTION_URL: 'mongodb://u:top-secret@127.0.0.1:1/' },
      narrow,
    );
    const screen = () => shown(program.output, NARROW);
    await until(() => /1,234 in hand.*ECONNREFUSED/.test(screen().join('')));
    program.type(CTRL_C);
    await until(() => program.output.includes('ending'));
    expect(screen().filter((line) => line.startsWith('kaneda worker'))).to.have.length(1);
    expect(program.output).not.to.include('top-secret');
  });
});
