import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { RQQueue } from '../../../exporters/queues/rq/index.js';
import { someReports } from '../../conformance/suites/queue.js';
import { Child } from '../../support/children.js';
import { startAnsweringProxy } from '../../support/servers/answering-proxy.js';
import { type Collector, startCollector } from '../../support/servers/collector.js';
import { type SteppedClock, steppedClock } from '../../support/servers/faketime.js';
import { startInflux } from '../../support/servers/influxdb.js';
import { temporaryFolder } from '../../support/servers/process.js';
import { startRedis } from '../../support/servers/redis.js';
import {
  orSkip,
  requireServer,
  type Server,
  type ServerOptions,
} from '../../support/servers/server.js';
import { allPoints } from '../../support/servers/stores/influx-found.js';
import { WorkerProgram } from '../../support/servers/worker-program.js';
import { until } from '../../support/until.js';

const HOUR_MS = 3_600_000;
/** Far more than a busy machine takes for anything here, far less than a step. */
const PATIENCE_MS = 60_000;
const HOURS = [0, 1, 0, -1, 0, 1, -1, 0];
/** Recorded before each step, and after it. */
const RECORDED = 20;
const ALL = HOURS.length * 2 * RECORDED;

interface Answer {
  readonly code: string;
  readonly accepted: number;
  readonly stored: number;
  readonly pending: number;
  readonly rejected: object;
  readonly dropped: object;
  /** Milliseconds that its fork has spent in one branch. */
  readonly workedMs: number;
  readonly now: number;
}

/** The program that records as it is told. */
class Recorder {
  readonly #child: Child;
  #asked = 0;

  constructor(store: string, place: string, env: NodeJS.ProcessEnv) {
    this.#child = new Child('../delivery/clock-steps.ts', [store, place], env);
  }

  async ask(command: string, amount = 0): Promise<Answer> {
    this.#asked += 1;
    this.#child.say(JSON.stringify([command, amount]));
    const lines = await this.#child.printed(/^\{/, this.#asked);
    return JSON.parse(lines[this.#asked - 1]!) as Answer;
  }

  /** Waits for it to have stored what it was given, without a flush. */
  settled(): Promise<void> {
    return until(async () => {
      const { accepted, stored } = await this.ask('look');
      return accepted > 0 && accepted === stored;
    }, PATIENCE_MS);
  }

  end(): Promise<void> {
    return this.#child.end();
  }
}

describe('While the clock is set back and forward by an hour', function () {
  this.timeout(3 * PATIENCE_MS);
  let clock: SteppedClock;
  const ends: (() => Promise<unknown>)[] = [];
  before(async function () {
    clock = await orSkip(this, steppedClock);
  });
  beforeEach(() => clock.set(0));
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  async function recorder(store: string, place: string): Promise<Recorder> {
    const program = new Recorder(store, place, clock.env);
    ends.push(() => program.end());
    await program.ask('look');
    return program;
  }

  /** Records around each step, and times across it; resolves with the last answer, when all is stored. */
  async function recordAcross(program: Recorder): Promise<Answer> {
    for (const hours of HOURS) {
      await program.ask('begin');
      await program.ask('record', RECORDED);
      clock.set(hours);
      await sleep(20);
      const { now } = await program.ask('record', RECORDED);
      expect(now - Date.now() - hours * HOUR_MS).to.be.within(-PATIENCE_MS, PATIENCE_MS);
      await program.ask('end');
      expect(await program.ask('flush', PATIENCE_MS)).to.include({ code: 'done' });
    }
    const last = await program.ask('close');
    expect(last).to.deep.include({ pending: 0, rejected: {}, dropped: {} });
    expect(last.stored).to.equal(last.accepted);
    expect(last.workedMs).to.be.within(1, PATIENCE_MS);
    return last;
  }

  it('a log has each report once, under an id of its own, and durations without the hour', async () => {
    const file = join(temporaryFolder('steps'), 'reports.log');
    const { stored } = await recordAcross(await recorder('log', file));
    const lines = linesOf(file);
    expect(lines).to.have.lengthOf(stored);
    expect(new Set(lines.map(({ id }) => id)).size).to.equal(stored);
    const named = (name: string) => lines.filter((line) => line.name === name);
    expect(named('seen')).to.have.lengthOf(ALL);
    expect(named('counted').reduce((sum, { value }) => sum + value, 0)).to.equal(ALL);
    const took = named('took');
    expect(took.reduce((sum, { count }) => sum + count!, 0)).to.equal(HOURS.length);
    for (const { min, max } of took) {
      expect(min).to.be.above(0);
      expect(max).to.be.below(PATIENCE_MS / 1_000);
    }
    const hours = new Set(named('seen').map((line) => Math.round(offset(line.timestamp))));
    expect([...hours].sort((a, b) => a - b)).to.deep.equal([-1, 0, 1]);
  });

  it('the interval goes on', async () => {
    const file = join(temporaryFolder('steps'), 'reports.log');
    const program = await recorder('log', file);
    for (const hours of [-1, 0, 1]) {
      clock.set(hours);
      const { stored } = await program.ask('record', 1);
      // The event, and the counter at the interval's end.
      await until(async () => (await program.ask('look')).stored >= stored + 2, PATIENCE_MS);
    }
    const lines = linesOf(file);
    expect(lines.filter(({ name }) => name === 'seen')).to.have.lengthOf(3);
    const counted = lines.filter(({ name }) => name === 'counted');
    expect(counted.reduce((sum, { value }) => sum + value, 0)).to.equal(3);
  });

  describe('and the store is InfluxDB', () => {
    let server: Server;
    before(async function () {
      server = await requireServer(this, startInflux, { own: true });
    });
    after(() => server?.stop());
    const stored = () => allPoints(server.url, 'steps');
    /** The number of events that are stored. */
    const events = async () =>
      (await stored()).filter(({ measurement }) => measurement === 'event').length;

    it('no two points of a series share a nanosecond', async () => {
      const last = await recordAcross(await recorder('influxdb', server.url));
      const points = await stored();
      expect(points).to.have.lengthOf(last.stored);
      const events = points.filter(({ measurement }) => measurement === 'event');
      expect(events).to.have.lengthOf(ALL);
      expect(new Set(events.map(({ time }) => time)).size).to.equal(ALL);
      const counters = points.filter(({ measurement }) => measurement === 'counter');
      expect(counters.reduce((sum, { value }) => sum + Number(value), 0)).to.equal(ALL);
    });

    it('a deadline neither passes by a step forward nor waits for one back', async () => {
      const program = await recorder('influxdb', server.url);
      const before = await events();
      await program.ask('record', 1);
      await program.ask('flush', PATIENCE_MS);
      server.pause();
      try {
        await program.ask('record', RECORDED);
        const flushed = program.ask('flush', PATIENCE_MS);
        await sleep(300);
        clock.set(1);
        await sleep(1_000);
        server.resume();
        expect(await flushed).to.include({ code: 'done', pending: 0 });
        server.pause();
        await program.ask('record', RECORDED);
        const late = program.ask('flush', 1_000);
        await sleep(300);
        clock.set(-1);
        expect(await late).to.include({ code: 'KANEDA_DEADLINE' });
      } finally {
        server.resume();
      }
      await program.settled();
      expect(await events()).to.equal(before + 1 + 2 * RECORDED);
    });

    it('the pause before the next attempt is as long as ever', async () => {
      const program = await recorder('influxdb', server.url);
      const before = await events();
      await program.ask('record', 1);
      await program.ask('flush', PATIENCE_MS);
      for (const hours of [-1, 1, 0]) {
        await server.kill();
        await program.ask('record', RECORDED);
        await program.ask('flush', 300);
        clock.set(hours);
        await program.ask('record', RECORDED);
        await server.start();
        await program.settled();
      }
      expect(await events()).to.equal(before + 1 + 3 * 2 * RECORDED);
    });
  });

  it('a Collector that asks for a second of quiet gets its reports after the clock went back', async function () {
    const collector = await requireServer<ServerOptions, Collector>(this, startCollector, {
      own: true,
    });
    const gateway = await startAnsweringProxy(collector.url);
    ends.push(
      () => gateway.close(),
      () => collector.stop(),
    );
    const program = await recorder('otlp', gateway.url);
    gateway.answer({ status: 429, headers: { 'retry-after': '1' } });
    await program.ask('record', RECORDED);
    // By then the exporter's own pause is long, and the flush comes in it.
    await until(() => gateway.refused.length >= 4, PATIENCE_MS);
    clock.set(-1);
    gateway.open();
    expect(await program.ask('flush', PATIENCE_MS)).to.include({ code: 'done', pending: 0 });
    const { stored } = await program.ask('close');
    await until(async () => (await written(collector)).length >= stored, PATIENCE_MS);
    const all = await written(collector);
    expect(all).to.have.lengthOf(stored);
    expect(all.filter(({ name }) => name === 'seen')).to.have.lengthOf(RECORDED);
    const counted = all.filter(({ name }) => name === 'counted');
    expect(counted.reduce((sum, { value }) => sum + value, 0)).to.equal(RECORDED);
  });

  it('kaneda worker stores what comes, and says how far it is', async function () {
    const redis = await requireServer(this, startRedis, { own: true });
    ends.push(() => redis.stop());
    const file = join(temporaryFolder('steps'), 'reports.log');
    const queue = new RQQueue({ redisUrl: redis.url });
    const worker = new WorkerProgram(
      {
        ...clock.env,
        KANEDA_QUEUE: 'rq',
        KANEDA_RQ_REDIS_URL: redis.url,
        KANEDA_BACKEND: 'logger',
        KANEDA_LOGGER_FILENAME: file,
      },
      [],
    );
    ends.unshift(async () => {
      worker.kill('SIGTERM');
      await worker.end();
      await queue.shutdown();
    });
    let sent = 0;
    for (const hours of [0, -1, 1]) {
      clock.set(hours);
      const before = worker.said.length;
      queue[INTERNALS].accept(someReports(RECORDED));
      sent += RECORDED;
      await queue.forceFlush();
      await until(() => linesOf(file).length === sent, PATIENCE_MS);
      await until(() => worker.said.length > before, PATIENCE_MS);
    }
  });
});

interface Line {
  readonly id: string;
  readonly name: string;
  readonly value: number;
  readonly count?: number;
  readonly min?: number;
  readonly max?: number;
  readonly timestamp: string;
}

function linesOf(file: string): Line[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Line);
}

/** Every report in a Collector's files; an event has no value. */
async function written(collector: Collector): Promise<{ name: string; value: number }[]> {
  const logs = (await collector.readLogs()).map(({ record }) => ({
    name: record.eventName ?? '',
    value: Number.NaN,
  }));
  const points = (await collector.readMetrics()).flatMap(({ metric }) =>
    (metric.sum?.dataPoints ?? []).map(({ asInt, asDouble }) => ({
      name: metric.name,
      value: Number(asInt ?? asDouble),
    })),
  );
  return [...logs, ...points];
}

/** Hours from now. */
const offset = (timestamp: string): number => (Date.parse(timestamp) - Date.now()) / HOUR_MS;
