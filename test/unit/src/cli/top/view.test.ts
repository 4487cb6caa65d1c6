import { expect } from 'chai';
import { TopKeys } from '../../../../../src/cli/top/keys.js';
import type { Sample, ShownMetric, ShownProcess } from '../../../../../src/cli/top/sampler.js';
import { linesOf } from '../../../../../src/cli/top/view.js';
import { Screen } from '../../../../../src/cli/top/watch.js';

const NOW = Date.UTC(2026, 0, 1);

const counter = (name: string, value: bigint, rate: number): ShownMetric => ({
  kind: 'counter',
  dimensions: { group: 'jobs', metric: name },
  value,
  rate,
});
const worker = (pid: number, rest: Partial<ShownProcess> = {}): ShownProcess => ({
  path: `/run/app.${pid}`,
  pid,
  status: 'running',
  metrics: [
    counter('done', 10n * BigInt(pid), pid),
    { kind: 'float', dimensions: { group: 'os', metric: 'load' }, value: 0.25 },
    {
      kind: 'state',
      dimensions: { state: 'loop' },
      value: { text: 'idle', since: new Date(NOW - 2_000) },
    },
  ],
  forks: [{ name: 'loop', branches: [{ name: 'idle', share: pid / 10 }] }],
  skipped: 0,
  ...rest,
});
const sampleOf = (...processes: ShownProcess[]): Sample => ({ processes, unreadable: 0, now: NOW });

describe('the picture of kaneda top', () => {
  it('has live processes first, then stopped ones, then dead ones', () => {
    const lines = linesOf(
      sampleOf(worker(1, { status: 'dead' }), worker(2, { status: 'stopped' }), worker(3)),
      { color: false },
    );
    const heads = lines
      .filter((line) => line.startsWith('process'))
      .map((line) => line.split('  ').slice(0, 2));
    expect(heads).to.deep.equal([
      ['process 3', 'running'],
      ['process 2', 'stopped'],
      ['process 1', 'dead'],
    ]);
  });

  it('adds up the live processes of a cluster', () => {
    const busy = worker(4);
    const metrics = busy.metrics.map((metric) =>
      metric.kind === 'state'
        ? { ...metric, value: { text: 'work', since: new Date(NOW) } }
        : metric,
    );
    const sample = sampleOf(
      worker(1),
      worker(2),
      { ...busy, metrics },
      worker(9, { status: 'dead' }),
    );
    expect(
      linesOf(sample, { color: false, sum: true }).map((line) => line.replace(/ +/g, ' ').trim()),
    ).to.deep.equal(
      [
        'sum of 3 live processes',
        'jobs.done 70 7.0/s',
        'os.load 0.75',
        'loop idle ×2, work',
        '[███████ ] █ idle 23%',
      ].map((line, i) => (i === 4 ? `loop ${line}` : line)),
    );
  });

  it('shows what has the filter in its name: a metric, or all of a process', () => {
    const sample = sampleOf(worker(1), worker(2));
    const lines = (filter: string) => linesOf(sample, { color: false, filter });
    expect(lines('DONE').map((line) => line.trim().split(/\s+/)[0])).to.deep.equal([
      'process',
      'jobs.done',
      'process',
      'jobs.done',
    ]);
    expect(lines('app.2')).to.have.length(5);
    expect(lines('nowhere')).to.deep.equal(['nothing has "nowhere" in its name']);
  });

  it('fits a screen, and says which of its lines are shown', () => {
    const sample = sampleOf(worker(1), worker(2), worker(3));
    const keys = new TopKeys({ filter: '', sum: false });
    const shown = () => new Screen(sample, keys, 60, 10).text.split('\n');
    expect(shown()).to.have.length(9);
    expect(shown().at(-1)).to.equal('lines 1 to 7 of 15');
    keys.press('G', new Screen(sample, keys, 60, 10));
    expect(shown().at(-1)).to.equal('lines 9 to 15 of 15');
    keys.press('/', { lines: 15, rows: 7 });
    keys.press('3', { lines: 15, rows: 7 });
    expect(shown().at(-1)).to.equal('/3_');
    expect(shown()).to.have.length(7);
  });
});
