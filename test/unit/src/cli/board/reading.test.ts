import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { Report } from '../../../../../exporters/reports/report.js';
import { Follower } from '../../../../../src/cli/board/follower.js';
import { LogTail } from '../../../../../src/cli/board/log-tail.js';
import type { Source } from '../../../../../src/cli/board/source.js';
import { trackersOf } from '../../../../../src/cli/board/trackers.js';
import type { ShownMetric } from '../../../../../src/cli/top/sampler.js';
import { boardReport, linesOf } from '../../../../support/board-reports.js';
import { directory } from '../../../../support/places.js';

const { signal } = new AbortController();

describe("the board's tail of a log file", () => {
  let place: ReturnType<typeof directory>;
  let file: string;
  let tail: LogTail;
  beforeEach(() => {
    place = directory();
    file = join(place.path, 'metrics.log');
    tail = new LogTail(file);
  });
  afterEach(() => place.discard());

  const read = async (since?: Date) => {
    const values: unknown[] = [];
    for await (const { value } of tail.read(since, signal)) values.push(value);
    return values;
  };
  const line = (value: number, at = Date.now()) => linesOf([boardReport(at, { value })]);

  it('reads all of it, then what is new, a line that is still being written at its end', async () => {
    writeFileSync(file, line(1) + line(2));
    expect(await read()).to.deep.equal([1, 2]);
    expect(await read()).to.deep.equal([]);
    const third = line(3);
    appendFileSync(file, third.slice(0, 20));
    expect(await read()).to.deep.equal([]);
    appendFileSync(file, third.slice(20) + line(4));
    expect(await read()).to.deep.equal([3, 4]);
  });

  it('begins again with a file that took its place, or was emptied', async () => {
    writeFileSync(file, line(1) + line(2));
    await read();
    renameSync(file, `${file}.1`);
    writeFileSync(file, line(3) + line(4) + line(5));
    expect(await read()).to.deep.equal([3, 4, 5]);
    writeFileSync(file, line(6));
    expect(await read()).to.deep.equal([6]);
  });

  it('reads a file that was compressed, and again when another one took its place', async () => {
    writeFileSync(file, gzipSync(line(1) + line(2)));
    expect(await read()).to.deep.equal([1, 2]);
    expect(await read()).to.deep.equal([]);
    writeFileSync(file, gzipSync(line(3) + line(4) + line(5)));
    expect(await read()).to.deep.equal([3, 4, 5]);
    writeFileSync(file, line(6));
    expect(await read()).to.deep.equal([6]);
  });

  it('leaves out lines that are no reports, and reports before a time', async () => {
    const now = Date.now();
    writeFileSync(file, `${line(1, now - 60_000)}not JSON\n[]\n{"a":1}\n\n${line(2, now)}`);
    expect(await read(new Date(now - 1_000))).to.deep.equal([2]);
    // What is added later is new, whatever its time.
    appendFileSync(file, line(3, now - 60_000));
    expect(await read(new Date(now - 1_000))).to.deep.equal([3]);
  });

  it('passes over what has no line ends, however long, once', async () => {
    writeFileSync(file, line(1));
    truncateSync(file, 128 * 1_048_576);
    expect(await read()).to.deep.equal([1]);
    appendFileSync(file, `\n${line(2)}`);
    expect(await read()).to.deep.equal([2]);
  });

  it('reads lines of Kaneda itself, which have no id', async () => {
    const kaneda =
      '{"host":"h","name":"a","metric":"counter","value":1,"timestamp":"2026-01-01T00:00:00Z"}\n';
    writeFileSync(file, kaneda + kaneda);
    const ids = new Set<string>();
    for await (const { id } of tail.read(undefined, signal)) ids.add(id);
    expect(ids.size).to.equal(2);
  });
});

describe("the board's reading of a store", () => {
  const end = new AbortController();
  after(() => end.abort());

  /** A store of which each reading gives what `next` says. */
  const follow = async (...readings: (readonly Report[] | Error)[]) => {
    const asked: (Date | undefined)[] = [];
    const source: Source = {
      name: 'store',
      ranges: ['1h'],
      close: async () => {},
      reader: () => ({
        async *read(since) {
          asked.push(since);
          const reading = readings[Math.min(asked.length, readings.length) - 1]!;
          if (reading instanceof Error) throw reading;
          yield* reading;
        },
      }),
    };
    const follower = new Follower(source, '1h', end.signal);
    while (asked.length <= readings.length) {
      follower.wake();
      await sleep(20);
    }
    return { follower, asked };
  };
  const count = ({ recent }: Follower) => {
    const [metric] = recent.metrics.values();
    const [series] = metric!.series.values();
    return [...series!.steps.values()].reduce((sum, { tally }) => sum + tally.amount, 0);
  };

  it('counts a report once that is read again, and looks back for late ones', async () => {
    const now = Date.now();
    const first = boardReport(now - 5_000, { value: 1 });
    const late = boardReport(now - 30_000, { value: 10 });
    const { follower, asked } = await follow([first], [late, first]);
    expect(count(follower)).to.equal(11);
    expect(asked[1]!.getTime()).to.equal(now - 65_000);
    expect(follower.state).to.include({ state: 'live', read: 2 });
  });

  it('reads on where a clock is ahead, and shows its reports now', async () => {
    const now = Date.now();
    const [ahead, far] = [300_000, 3e12].map((ms) => boardReport(now + ms, { value: 1 }));
    const next = boardReport(now, { value: 10 });
    const { follower, asked } = await follow([ahead!, far!], [next, ahead!, far!]);
    expect(count(follower)).to.equal(12);
    expect(asked[1]!.getTime()).to.be.at.most(Date.now() - 60_000);
    expect(follower.recent.step).to.equal(10_000);
  });

  it('keeps what it has while the store is away, and says why without the password', async () => {
    const first = boardReport(Date.now(), { value: 1 });
    const { follower } = await follow([first], new Error('http://user:secret@store/ is away'));
    expect(follower.state).to.include({ state: 'failing', problem: 'http://***@store/ is away' });
    expect(count(follower)).to.equal(1);
  });

  it('reads from the beginning where the first reading failed', async () => {
    const first = boardReport(Date.now(), { value: 1 });
    const { follower } = await follow(new Error('away'), [first]);
    expect(follower.state).to.include({ state: 'live', read: 1 });
    expect(count(follower)).to.equal(1);
  });
});

describe("the board's request trackers", () => {
  const cell = (metric: string, rate: number, group = 'http'): ShownMetric => ({
    kind: metric === 'in_progress' ? 'integer' : 'counter',
    dimensions: { group, metric, app: 'shop' },
    value: 3n,
    ...(metric !== 'in_progress' && { rate }),
  });

  it('are four metrics of one group, with the mean duration of what ended lately', () => {
    const own = [
      cell('requests', 20),
      cell('total_duration', 500),
      cell('errors', 1),
      cell('in_progress', 0),
    ];
    const other = cell('requests', 1, 'jobs');
    const { trackers, rest } = trackersOf([...own, other]);
    expect(trackers).to.deep.equal([
      { name: 'http {app=shop}', inProgress: '3', requests: 20, errors: 1, mean: 25 },
    ]);
    expect(rest).to.deep.equal([other]);
  });
});
