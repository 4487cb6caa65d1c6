import { expect } from 'chai';
import type { Report } from '../../../../../exporters/reports/report.js';
import { Recent } from '../../../../../src/cli/board/series/recent.js';
import { answer, type Question } from '../../../../../src/cli/board/series/view.js';

const START = Date.UTC(2026, 4, 1, 12);
const STEP_MS = 10_000;
let made = 0;

const report = (at: number, rest: Partial<Report>): Report => ({
  id: `id-${made++}`,
  name: 'a',
  metric: 'counter',
  host: 'h',
  timestamp: new Date(START + at),
  ...rest,
});
const ask = (recent: Recent, question: Partial<Question> = {}) =>
  answer(
    recent,
    { revision: 0, by: new Map(), all: new Set(), ...question },
    { state: 'live', read: 0, ranges: [] },
    [START, START + 60_000],
  );

describe('the series of the board', () => {
  let recent: Recent;
  beforeEach(() => {
    recent = new Recent(STEP_MS);
  });

  it('adds a counter up over processes, and divides an interval by the steps that it lies in', () => {
    for (const instance of ['h:1', 'h:2'])
      recent.add([
        report(15_000, { instance, value: 30, startTimestamp: new Date(START + 5_000) }),
        report(25_000, { instance, value: 10, startTimestamp: new Date(START + 15_000) }),
      ]);
    const [metric] = ask(recent).metrics;
    expect(metric!.lines).to.deep.equal([
      {
        label: '',
        times: [START, START + 10_000, START + 20_000],
        columns: { amount: [30, 40, 10] },
      },
    ]);
    expect(metric!.totals).to.deep.equal({ count: 80, rate: 8 });
  });

  it('shows what was counted, however it was divided', () => {
    for (let at = 7_000; at < 57_000; at += 100)
      recent.add([report(at, { value: 1.004, startTimestamp: new Date(START + at - 7_000) })]);
    const [metric] = ask(recent).metrics;
    expect(metric!.totals.count).to.equal(502);
    for (const amount of metric!.lines[0]!.columns.amount!)
      expect(String(amount)).to.match(/^[\d.]{1,16}$/);
  });

  it('merges distributions over processes, tags and steps, never percentiles', () => {
    const counts = (low: number, high: number) => ({
      scale: 0,
      zeroCount: 0,
      offset: 0,
      counts: [low, 0, 0, high],
    });
    const timing = (instance: string, route: string, low: number, high: number) =>
      report(1_000, {
        metric: 'timing',
        unit: 's',
        instance,
        tags: { route },
        value: 1,
        fields: { count: low + high, sum: low + high, min: 1.5, max: 15, p95: 999 },
        distribution: counts(low, high),
      });
    recent.add([timing('h:1', '/', 90, 0), timing('h:2', '/', 6, 0), timing('h:1', '/slow', 0, 4)]);
    const [together] = ask(recent).metrics;
    expect(together!.by).to.equal('none');
    expect(together!.lines[0]!.columns.p95![0]).to.be.within(1, 2);
    expect(together!.lines[0]!.columns.p99![0]).to.be.within(8, 16);
    const [apart] = ask(recent, { by: new Map([[1, 'tag:route']]) }).metrics;
    expect(apart!.lines.map(({ label, columns }) => [label, columns.amount])).to.deep.equal([
      ['/', [96]],
      ['/slow', [4]],
    ]);
    expect(apart!.lines[0]!.columns.p99![0]).to.be.within(1, 2);
  });

  it('takes single values of a timing, and says nothing of percentiles that reports do not tell', () => {
    recent.add([1, 2, 3, 4].map((value) => report(1_000, { metric: 'timing', value })));
    expect(ask(recent).metrics[0]!.totals.p50).to.be.within(1.9, 2.6);
    const fields = { count: 10, sum: 20, min: 1, max: 5, p95: 4 };
    recent.add([report(2_000, { metric: 'timing', fields })]);
    expect(ask(recent).metrics[0]!.totals).to.include({
      p50: null,
      p95: null,
      mean: 30 / 14,
      max: 5,
    });
  });

  it('does not take what some reports tell of a timing for that of all', () => {
    const counts = { scale: 0, zeroCount: 0, offset: 0, counts: [4] };
    const timing = (fields: object, distribution: Report['distribution'] = counts) =>
      recent.add([report(1_000, { metric: 'timing', fields: { ...fields }, distribution })]);
    timing({ count: 4, sum: 6, min: 1.5, max: 1.5 });
    timing({ count: 4 }, { ...counts, offset: 3 });
    const { p50, p99, mean, max } = ask(recent).metrics[0]!.totals;
    expect([mean, max]).to.deep.equal([null, null]);
    expect(p50).to.be.within(1, 2);
    expect(p99).to.be.within(8, 16);
    timing({ count: 4 }, { bounds: [], counts: [4] });
    expect(ask(recent).metrics[0]!.totals.p50).to.equal(null);
  });

  it('keeps the gauges of processes apart, each with its last value', () => {
    recent.add([
      report(1_000, { metric: 'gauge', instance: 'h:1', value: 5 }),
      report(3_000, { metric: 'gauge', instance: 'h:1', value: 7 }),
      report(2_000, { metric: 'gauge', instance: 'h:1', value: 6 }),
      report(2_000, { metric: 'gauge', instance: 'h:2', value: 1, tags: { shelf: 'a' } }),
    ]);
    const [metric] = ask(recent).metrics;
    expect(metric!.lines.map(({ label, columns }) => [label, columns.value])).to.deep.equal([
      ['h:1', [7]],
      ['shelf=a @ h:2', [1]],
    ]);
    expect(metric!.totals.last).to.deep.equal([1, 7]);
  });

  it('answers with what changed alone, to a page that has the rest', () => {
    recent.add([report(1_000, { value: 1 }), report(1_000, { name: 'b', value: 1 })]);
    const { epoch, revision } = ask(recent);
    recent.add([
      report(31_000, { value: 2 }),
      report(31_000, { name: 'e', metric: 'event', value: 'it broke' }),
    ]);
    const { full, metrics, events } = ask(recent, { epoch, revision });
    expect(full).to.equal(false);
    expect(metrics.map(({ name, lines }) => [name, lines[0]!.times])).to.deep.equal([
      ['a', [START + 30_000]],
    ]);
    expect(events.map(({ text }) => text)).to.deep.equal(['it broke']);
    expect(ask(recent, { epoch: 'another', revision }).full).to.equal(true);
  });

  it('adds the smaller lines up, unless all are asked for', () => {
    const reports = Array.from({ length: 30 }, (_, i) =>
      report(1_000, { value: i + 1, tags: { n: `${i}` } }),
    );
    recent.add(reports);
    const [metric] = ask(recent).metrics;
    expect(metric!.lines.map(({ label }) => label))
      .to.have.length(11)
      .and.include('n=29')
      .and.include('20 others');
    expect(metric!.lines.at(-1)!.columns.amount).to.deep.equal([210]);
    expect(metric!.folded).to.equal(20);
    expect(ask(recent, { all: new Set([1]) }).metrics[0]!.lines).to.have.length(30);
  });

  it('makes steps longer as the time grows, and keeps what was counted', () => {
    const { epoch } = ask(recent);
    for (let i = 0; i < 2_000; i++) recent.add([report(i * STEP_MS, { value: 1 })]);
    expect(recent.step).to.equal(8 * STEP_MS);
    expect(recent.epoch).not.to.equal(epoch);
    const [metric] = ask(recent).metrics;
    expect(metric!.totals.count).to.equal(2_000);
    expect(new Set(metric!.lines[0]!.columns.amount)).to.deep.equal(new Set([8]));
  });

  it('counts the reports of series that are too many to be kept', () => {
    recent.add(Array.from({ length: 5_010 }, (_, i) => report(1, { value: 1, tags: { n: i } })));
    expect(ask(recent).hidden).to.equal(10);
  });

  it('forgets what is older than what is shown', () => {
    recent.add([
      report(1_000, { name: 'old', value: 1 }),
      report(1_000, { name: 'e', metric: 'event', value: 'x' }),
      report(1_000, { value: 1 }),
      report(45_000, { value: 1 }),
    ]);
    recent.forget(START + 30_000);
    const { metrics, events } = ask(recent);
    expect(metrics.map(({ name, totals }) => [name, totals.count])).to.deep.equal([['a', 1]]);
    expect(events).to.deep.equal([]);
  });

  it('tells a page the totals of what is left', () => {
    recent.add([report(1_000, { value: 1 }), report(45_000, { value: 10 })]);
    const { epoch, revision, metrics } = ask(recent);
    expect(metrics[0]!.totals.count).to.equal(11);
    recent.forget(START + 30_000);
    const left = ask(recent, { epoch, revision });
    expect(left.full).to.equal(false);
    expect(left.metrics.map(({ totals }) => totals.count)).to.deep.equal([10]);
  });
});
