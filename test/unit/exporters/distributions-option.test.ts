import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { type ExporterOptions, ReportExporter } from '../../../exporters/report-exporter.js';
import { newId } from '../../../exporters/reports/ids.js';
import type { Report } from '../../../exporters/reports/report.js';
import { Metrics } from '../../../src/index.js';
import { until } from '../../support/until.js';

class Kept extends ReportExporter {
  readonly reports: Report[] = [];
  isAway = false;
  isDisconnected = false;

  constructor(options: ExporterOptions = {}) {
    super(options, { name: 'Kept' });
  }

  protected override async write(reports: readonly Report[]): Promise<void> {
    if (this.isAway) throw new Error('away');
    this.reports.push(...reports);
  }

  protected override async disconnect(): Promise<void> {
    this.isDisconnected = true;
  }
}

const timing = (): Report => ({
  id: newId(),
  name: 'took',
  metric: 'timing',
  value: 1,
  fields: { count: 1 },
  distribution: { scale: 6, zeroCount: 0, offset: -1, counts: [1] },
  instance: 'h:1',
  timestamp: new Date(),
  host: 'h',
});

describe('An exporter', () => {
  it('writes the buckets of a timing, and the process that recorded it', async () => {
    const store = new Kept();
    const metrics = new Metrics({ backend: store });
    for (const seconds of [0.1, 0.2, 0.4]) metrics.timing('took', seconds);
    await metrics.close();
    const [report] = store.reports;
    expect(report).to.have.property('instance').that.matches(/:\d+$/);
    expect(report!.distribution!.counts.reduce((sum, count) => sum + count)).to.equal(3);
    expect(report!.value).to.equal(report!.fields!.mean);
  });

  it('leaves the buckets out of everything it writes when they are not wanted', async () => {
    const store = new Kept({ distributions: false });
    const metrics = new Metrics({ backend: store });
    metrics.timing('took', 0.2);
    store[INTERNALS].accept([timing()]);
    await metrics.flush();
    await store[INTERNALS].deliver([timing()]);
    await metrics.close();
    expect(store.reports).to.have.lengthOf(3);
    for (const report of store.reports) {
      expect(report).to.not.have.property('distribution');
      expect(report).to.include.keys('value', 'fields', 'instance');
    }
  });

  it('leaves them out of what an earlier process put on the disk with them', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kaneda-distributions-'));
    try {
      const first = new Kept({ outbox: { directory } });
      first.isAway = true;
      first[INTERNALS].accept([timing()]);
      await first.shutdown({ timeout: 500 });
      // Its files are closed by then, for which a shutdown does not wait if the disk is slow.
      await until(() => first.isDisconnected);
      const second = new Kept({ outbox: { directory }, distributions: false });
      second[INTERNALS].accept([timing()]);
      await second.forceFlush();
      await second.shutdown();
      expect(second.reports).to.have.lengthOf(2);
      expect(second.reports.filter(({ distribution }) => distribution !== undefined)).to.eql([]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('refuses anything but true and false for them', () => {
    expect(() => new Kept({ distributions: 'no' as never })).to.throw(/distributions/);
  });
});
