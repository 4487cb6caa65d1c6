import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Report } from '../../../../exporters/reports/report.js';
import { LoggerExporter } from '../../../../exporters/stores/logger/index.js';
import { toKanedaLine, toKanedaPayload } from '../../../../exporters/stores/logger/kaneda-line.js';
import { Metrics } from '../../../../src/metrics/metrics.js';
import { readReports } from '../../../../src/reading/index.js';
import { temporaryFolder } from '../../../support/servers/process.js';

const report = (more: Partial<Report>): Report => ({
  id: '01a22232-6cde-86b6-b8d3-0017bd420c3a',
  name: 'orders',
  metric: 'counter',
  timestamp: new Date(2026, 2, 1, 9, 5, 7, 45),
  host: 'web1',
  ...more,
});

describe("the lines of Kaneda's format", () => {
  it('begin with the local time in milliseconds, and the name of the logger', () => {
    expect(toKanedaLine(report({ value: 3 }))).to.equal(
      "2026-03-01 09:05:07,045 - kaneda.backends.logger - {'host': 'web1', 'name': 'orders', 'value': 3, 'metric': 'counter'}\n",
    );
  });

  it('keep every digit of a bigint, and the text of a date', () => {
    const fields = { large: 2n ** 70n, at: new Date(0) };
    expect(toKanedaLine(report({ fields }))).to.include(
      "'large': 1180591620717411303424, 'at': '1970-01-01T00:00:00.000Z'",
    );
  });

  it("have a custom's id, and leave out empty tags", () => {
    expect(toKanedaPayload(report({ value: 1, tags: [] }))).to.not.have.any.keys('tags', '_id');
    expect(toKanedaPayload(report({ metric: 'sale', value: 1 }))).to.have.property('_id');
    expect(toKanedaPayload(report({ metric: 'event', value: 'x', id: 'mine' }))._id).to.equal(
      'mine',
    );
  });

  it("keep a custom's fields that have Kaneda's names under others", () => {
    const fields = { name: 'mine', host: 'theirs', _id: 1 };
    expect(toKanedaPayload(report({ metric: 'sale', fields }))).to.deep.include({
      name: 'orders',
      host: 'web1',
      field_name: 'mine',
      field_host: 'theirs',
      field__id: 1,
    });
  });

  it('are given to a logger as objects', async () => {
    const given: Record<string, unknown>[] = [];
    const logger = { info: (line: object) => given.push({ ...line }) };
    const metrics = new Metrics({ backend: new LoggerExporter({ logger, format: 'kaneda' }) });
    metrics.increment('orders', { country: 'ch' }, 2);
    await metrics.close();
    expect(given.map(({ host: _, ...line }) => line)).to.deep.equal([
      { name: 'orders', value: 2, tags: { country: 'ch' }, metric: 'counter' },
    ]);
  });

  it('are written to a file, which is not read back', async () => {
    const filename = join(temporaryFolder('kaneda-lines'), 'metrics.log');
    const backend = new LoggerExporter({ filename, format: 'kaneda' });
    const metrics = new Metrics({ backend });
    metrics.gauge('level', 0.5);
    await metrics.close();
    expect(readFileSync(filename, 'utf8')).to.match(
      /^\d{4}-.* - \{'host': .*'value': 0\.5, 'metric': 'gauge'\}\n$/,
    );
    const read = () => readReports(new LoggerExporter({ filename, format: 'kaneda' }), {});
    expect(read).to.throw(/Kaneda's format.*LOGGER_FORMAT/);
  });
});
