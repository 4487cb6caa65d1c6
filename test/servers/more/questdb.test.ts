import { expect } from 'chai';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { InfluxExporter } from '../../../exporters/stores/influxdb/index.js';
import { plainReports } from '../../conformance/suites/exporter.js';
import { startQuestDB } from '../../support/servers/questdb.js';
import { requireServer, type Server } from '../../support/servers/server.js';

describe('InfluxExporter and QuestDB', () => {
  let server: Server;
  before(async function () {
    server = await requireServer(this, startQuestDB, { own: true });
  });
  after(() => server?.stop());
  const make = (options = {}) =>
    new InfluxExporter({ connectionUrl: server.url, timeout: 5, ...options });

  async function sql(query: string): Promise<unknown[][]> {
    const answer = await fetch(`${server.url}/exec?${new URLSearchParams({ query })}`);
    const { dataset, error } = (await answer.json()) as { dataset: unknown[][]; error?: string };
    if (error !== undefined) throw new Error(error);
    return dataset;
  }
  /** Rows are there a moment after the answer. */
  async function count(table: string, wanted: number): Promise<number> {
    for (let tries = 0; ; tries++) {
      const [row] = await sql(`select count() from '${table}'`);
      if (row![0] === wanted || tries === 50) return Number(row![0]);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  it('stores each report as a row', async () => {
    const exporter = make();
    const sent = plainReports(100);
    expect(new Set(await exporter[INTERNALS].deliver(sent))).to.deep.equal(new Set(['stored']));
    expect(await count('gauge', 100)).to.equal(100);
    const names = await sql("select name, sum(value) from 'gauge'");
    expect(names).to.deep.equal([['conformance.plain', 4_950]]);
    await exporter.shutdown();
  });

  it('stores a tag named timestamp under another name', async () => {
    const exporter = make();
    const [report] = plainReports(1);
    const sent = { ...report!, metric: 'stamped', tags: { TimeStamp: 'noon' } };
    expect(await exporter[INTERNALS].deliver([sent])).to.deep.equal(['stored']);
    expect(await count('stamped', 1)).to.equal(1);
    expect(await sql("select tag_timestamp from 'stamped'")).to.deep.equal([['noon']]);
    await exporter.shutdown();
  });

  it('stores the neighbours of a report that makes the server answer 500', async () => {
    const exporter = make();
    await sql("create table 'neighbours' (at timestamp) timestamp(at) partition by day");
    const sent = plainReports(40).map((report, i) => ({
      ...report,
      metric: 'neighbours',
      tags: i === 17 ? { at: 'noon' } : { route: 'r' },
    }));
    exporter[INTERNALS].accept(sent);
    await exporter.forceFlush({ timeout: 8_000 }).catch(() => {});
    expect(await count('neighbours', 39)).to.equal(39);
    expect(exporter.ledger()).to.deep.include({ stored: 39, pending: 1, rejected: {} });
    expect(exporter.fault!.message).to.match(/500/);
    await exporter.shutdown({ timeout: 500 });
  });

  it('rejects what QuestDB has no column for under one reason, and stores the others', async () => {
    const exporter = make();
    const sent = plainReports(20).map((report, i) => ({
      ...report,
      metric: 'columns',
      tags: i % 10 === 3 ? { 'a.b': 'c' } : { route: 'r' },
    }));
    exporter[INTERNALS].accept(sent);
    await exporter.forceFlush();
    expect(await count('columns', 18)).to.equal(18);
    expect(exporter.ledger().rejected).to.deep.equal({
      'table: columns; invalid column name: a.b': 2,
    });
    await exporter.shutdown();
  });

  for (const options of [{ org: 'o' }, {}]) {
    it(`keeps its reports when the options are for InfluxDB ${'org' in options ? 2 : 3}`, async () => {
      const exporter = new InfluxExporter({ url: server.url, timeout: 5, ...options });
      const [outcome] = await exporter[INTERNALS].deliver(plainReports(1));
      // Its InfluxDB 2 path works.
      if ('org' in options) expect(outcome).to.equal('stored');
      else {
        expect(outcome).to.equal('retry');
        expect(exporter.fault).to.include({ code: 'KANEDA_IMPROPERLY_CONFIGURED' });
        expect(exporter.fault!.message).to.match(/405.*not supported.*QuestDB/s);
      }
      await exporter.shutdown();
    });
  }
});
