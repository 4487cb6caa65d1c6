import { expect } from 'chai';
import { INTERNALS } from '../../../../exporters/delivery/internals.js';
import { SettingsError } from '../../../../exporters/errors.js';
import type { Problem } from '../../../../exporters/problems/problem.js';
import { ReportQueue, Worker } from '../../../../exporters/queues/index.js';
import {
  decodeWholeReport,
  fromKanedaArguments,
} from '../../../../exporters/queues/jobs/kaneda-call.js';
import type { Report } from '../../../../exporters/reports/report.js';
import { LoggerExporter } from '../../../../exporters/stores/logger/index.js';
import { Metrics } from '../../../../src/metrics/metrics.js';
import { plainReports } from '../../../../src/testing/suites/reports.js';
import { TestClock } from '../../../support/clock.js';
import { ScriptedExporter } from '../../../support/scripted-exporter.js';

/** Three bytes each. */
const long = '€'.repeat(100_000);

/** A log store whose lines are kept. */
function logged(options: object = {}) {
  const lines: Record<string, unknown>[] = [];
  const backend = new LoggerExporter({
    logger: { info: (line: object) => lines.push(line as Record<string, unknown>) },
    ...options,
  });
  return { backend, lines };
}

describe('textLimit', () => {
  it('cuts texts of events and customs at whole characters, tells the first one and counts each', async () => {
    const problems: Problem[] = [];
    const { backend, lines } = logged();
    const metrics = new Metrics({ backend, onProblem: (problem) => problems.push(problem) });
    metrics.event('deploy', long);
    metrics.custom('c', { metric: 'm', value: { a: long, deep: { b: [long] }, short: 'x' } });
    metrics.event('deploy', 'short');
    await metrics.close();
    const kept = '€'.repeat(21_845);
    expect(lines[0]!.value).to.equal(kept);
    expect(lines[1]).to.deep.include({ a: kept, deep: { b: [kept] }, short: 'x' });
    expect(metrics.ledger()).to.include({ stored: 3, cut: 3 });
    expect(problems.map(({ code }) => code)).to.deep.equal(['KANEDA_TEXT_CUT']);
    expect(problems[0]!.message).to.contain('300,000 bytes').and.contain('65,536 of textLimit');
  });

  it("is the exporter's for a Metrics that has none, and nothing is cut within it", async () => {
    const { backend, lines } = logged({ textLimit: 1_000_000 });
    const metrics = new Metrics({ backend });
    metrics.event('deploy', long);
    await metrics.close();
    expect(lines[0]!.value).to.equal(long);
    expect(metrics.ledger()).to.not.have.property('cut');
  });

  it("is each store's own: one cuts what another keeps", async () => {
    const whole = logged({ textLimit: 1_000_000 });
    const brief = logged({ textLimit: 9 });
    const metrics = new Metrics({ backend: [whole.backend, brief.backend] });
    metrics.event('deploy', long);
    await metrics.close();
    expect(whole.lines[0]!.value).to.equal(long);
    expect(brief.lines[0]!.value).to.equal('€€€');
    expect(brief.backend.ledger().cut).to.equal(1);
    expect(metrics.ledger().cut).to.equal(1);
  });

  it('holds for log records of others, which are told and counted by the exporter', async () => {
    const problems: Problem[] = [];
    const { backend, lines } = logged({
      textLimit: 6,
      onProblem: (problem: Problem) => problems.push(problem),
    });
    const record = (body: unknown) => ({
      hrTime: [1, 0],
      hrTimeObserved: [1, 0],
      body,
      attributes: {},
      resource: { attributes: {} },
      instrumentationScope: { name: 'app' },
      droppedAttributesCount: 0,
    });
    backend.export([record('€€€'), record({ a: '€€€' }), record('€€')] as never, () => {});
    await backend.shutdown();
    expect(lines.map(({ value, a }) => value ?? a)).to.deep.equal(['€€', '€€', '€€']);
    expect(backend.ledger()).to.include({ stored: 3, cut: 2 });
    expect(problems.map(({ code }) => code)).to.deep.equal(['KANEDA_TEXT_CUT']);
  });

  it('is applied to jobs by the store that a worker writes to, not by the queue', async () => {
    const carried: Report = {
      id: 'r',
      name: 'n',
      metric: 'event',
      value: long,
      timestamp: new Date(),
      host: 'h',
    };
    const python = fromKanedaArguments(['n', 'event', { text: long }, null, null], { id: 'p' });
    expect(decodeWholeReport(JSON.parse(JSON.stringify(carried))).value).to.equal(long);
    expect(python.fields).to.deep.equal({ text: long });
    const { backend, lines } = logged({ textLimit: 12 });
    expect(await backend[INTERNALS].deliver([carried, python])).to.deep.equal(['stored', 'stored']);
    expect([lines[0]!.value, lines[1]!.text]).to.deep.equal(['€€€€', '€€€€']);
    const worker = new Worker({ queue: new NoQueue(), backend });
    expect(worker.ledger().cut).to.equal(2);
    await backend.shutdown();
  });

  it("counts a job's text once, however often a worker gives it to the store", async () => {
    const clock = new TestClock();
    const exporter = new ScriptedExporter(undefined, { textLimit: 12 }, { clock });
    const [report] = plainReports(1).map((plain) => ({ ...plain, value: long }));
    exporter.store.state = 'down';
    for (let attempt = 0; attempt < 3; attempt++)
      expect(await exporter[INTERNALS].deliver([report!])).to.deep.equal(['retry']);
    exporter.store.state = 'up';
    expect(await exporter[INTERNALS].deliver([report!])).to.deep.equal(['stored']);
    expect([...exporter.store.reports.values()].map(({ value }) => value)).to.deep.equal(['€€€€']);
    expect(exporter.ledger().cut).to.equal(1);
    await exporter.shutdown();
  });

  it('is a number of bytes from 1 to 8 MiB', () => {
    for (const textLimit of [0, -1, 1.5, Number.NaN, 8_388_609, '9'])
      for (const make of [
        () => new LoggerExporter({ textLimit } as never),
        () => new Metrics({ backend: logged().backend, textLimit } as never),
      ])
        expect(make).to.throw(SettingsError, /textLimit.*from 1 to 8,388,608/);
  });
});

/** A queue that gives and takes nothing. */
class NoQueue extends ReportQueue {
  protected override async write(): Promise<never> {
    throw new Error('nobody enqueues here');
  }
  override take(): Promise<never> {
    throw new Error('nobody takes here');
  }
}
