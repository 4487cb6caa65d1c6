import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { InfluxExporter } from '../../../exporters/stores/influxdb/index.js';
import { plainReports } from '../../conformance/suites/exporter.js';
import { requireServer, type Server } from '../../support/servers/server.js';
import { startVictoriaMetrics } from '../../support/servers/victoriametrics.js';

interface Exported {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

describe('InfluxExporter and VictoriaMetrics', () => {
  let server: Server;
  before(async function () {
    server = await requireServer(this, startVictoriaMetrics, { own: true });
  });
  after(() => server?.stop());

  /** Every series that it has. */
  async function series(match: string): Promise<Exported[]> {
    await fetch(`${server.url}/internal/force_flush`);
    const query = new URLSearchParams({ 'match[]': match });
    const text = await (await fetch(`${server.url}/api/v1/export?${query}`)).text();
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Exported);
  }

  it('keeps a series for each name, because names become tags', async () => {
    const exporter = new InfluxExporter({ connectionUrl: server.url, timeout: 5 });
    const [memory, cpu] = plainReports(2);
    const sent = [
      { ...memory!, name: 'process.memory', value: 61.5 },
      { ...cpu!, name: 'process.cpu', value: 0.25 },
    ];
    expect(await exporter[INTERNALS].deliver(sent)).to.deep.equal(['stored', 'stored']);
    // What is new can be found a moment later.
    let found: Exported[] = [];
    for (let tries = 0; found.length < 2 && tries < 50; tries++) {
      await sleep(100);
      found = await series('{__name__="gauge_value"}');
    }
    const values = Object.fromEntries(found.map(({ metric, values }) => [metric.name, values]));
    expect(values).to.deep.equal({ 'process.memory': [61.5], 'process.cpu': [0.25] });
    expect(await series('{__name__="gauge_name"}')).to.deep.equal([]);
    await exporter.shutdown();
  });

  it('keeps processes apart by a tag, and gets no distribution, which it could not keep', async () => {
    const exporter = new InfluxExporter({ connectionUrl: server.url, timeout: 5, nameAsTag: true });
    exporter[INTERNALS].accept(
      plainReports(2).map((report, i) => ({
        ...report,
        metric: 'timing',
        instance: `web-1:${i}`,
        distribution: { bounds: [], counts: [1] },
      })),
    );
    await exporter.forceFlush();
    let instances: (string | undefined)[] = [];
    for (let tries = 0; instances.length < 2 && tries < 50; tries++) {
      await sleep(100);
      instances = (await series('{__name__="timing_value"}')).map(({ metric }) => metric.instance);
    }
    expect(instances).to.have.members(['web-1:0', 'web-1:1']);
    expect(await series('{__name__=~"timing_(distribution|instance)"}')).to.deep.equal([]);
    await exporter.shutdown();
  });

  it('finds that out when the server was away at first, too', async () => {
    await server.stop();
    const exporter = new InfluxExporter({ connectionUrl: server.url, timeout: 5 });
    exporter[INTERNALS].accept(plainReports(1).map((report) => ({ ...report, metric: 'late' })));
    await exporter.forceFlush({ timeout: 1_000 }).catch(() => {});
    await server.start();
    await exporter.forceFlush();
    expect(await series('{__name__="late_name"}')).to.deep.equal([]);
    expect(await series('{__name__="late_value"}')).to.have.lengthOf(1);
    await exporter.shutdown();
  });

  it("keeps names by InfluxDB 2's interface, too, from the second write on", async () => {
    const exporter = new InfluxExporter({ url: server.url, org: 'o', timeout: 5 });
    exporter[INTERNALS].accept(plainReports(1).map((report) => ({ ...report, metric: 'second' })));
    await exporter.forceFlush();
    let names: (string | undefined)[] = [];
    for (let tries = 0; !names.includes('conformance.plain') && tries < 50; tries++) {
      await sleep(100);
      names = (await series('{__name__="second_value"}')).map(({ metric }) => metric.name);
    }
    expect(names).to.include('conformance.plain');
    await exporter.shutdown();
  });

  it('keeps its reports and names the option when names are to be fields', async () => {
    const exporter = new InfluxExporter({
      connectionUrl: server.url,
      timeout: 5,
      nameAsTag: false,
    });
    expect(await exporter[INTERNALS].deliver(plainReports(1))).to.deep.equal(['retry']);
    expect(exporter.fault).to.include({ code: 'KANEDA_IMPROPERLY_CONFIGURED' });
    expect(exporter.fault!.message).to.match(/VictoriaMetrics.*nameAsTag/);
    await exporter.shutdown();
  });

  it('keeps its reports when the options are for InfluxDB 3, and says what the server said', async () => {
    const exporter = new InfluxExporter({ url: server.url, timeout: 5 });
    expect(await exporter[INTERNALS].deliver(plainReports(3))).to.deep.equal([
      'retry',
      'retry',
      'retry',
    ]);
    expect(exporter.fault).to.include({ code: 'KANEDA_IMPROPERLY_CONFIGURED' });
    expect(exporter.fault!.message).to.match(
      /unsupported path requested.*VictoriaMetrics.*connectionUrl/,
    );
    await exporter.shutdown();
  });
});
