import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { CounterCell } from '../../../../bridges/cells/single/counter-cell.js';
import { CellProducer, HeapCells } from '../../../../bridges/index.js';
import { BullMQQueue } from '../../../../exporters/queues/bullmq/index.js';
import { CeleryQueue } from '../../../../exporters/queues/celery/index.js';
import { Worker } from '../../../../exporters/queues/index.js';
import { RQQueue } from '../../../../exporters/queues/rq/index.js';
import type { ReportExporter } from '../../../../exporters/report-exporter.js';
import { ElasticsearchExporter } from '../../../../exporters/stores/elasticsearch/index.js';
import { InfluxExporter } from '../../../../exporters/stores/influxdb/index.js';
import { LoggerExporter } from '../../../../exporters/stores/logger/index.js';
import { MongoExporter } from '../../../../exporters/stores/mongodb/index.js';
import { OtlpExporter } from '../../../../exporters/stores/otlp/index.js';
import { RethinkExporter } from '../../../../exporters/stores/rethinkdb/index.js';
import { Collection } from '../../../../src/cantal/index.js';
import { Metrics } from '../../../../src/index.js';
import { directory } from '../../../support/places.js';
import { until } from '../../../support/until.js';
import { MemoryStore } from './support.js';

const SECRET = 'hunter2-hush';
const EXPORTERS: Record<string, () => ReportExporter> = {
  ElasticsearchExporter: () =>
    new ElasticsearchExporter({
      indexName: 'm',
      appName: 'a',
      connectionUrl: 'http://127.0.0.1:1',
      user: 'u',
      password: SECRET,
    }),
  MongoExporter: () =>
    new MongoExporter({
      dbName: 'm',
      collectionName: 'm',
      connectionUrl: `mongodb://u:${SECRET}@127.0.0.1:1`,
    }),
  RethinkExporter: () =>
    new RethinkExporter({ db: 'm', host: '127.0.0.1', port: 1, user: 'u', password: SECRET }),
  InfluxExporter: () =>
    new InfluxExporter({ url: 'http://127.0.0.1:1', token: SECRET, org: 'o', bucket: 'b' }),
  OtlpExporter: () =>
    new OtlpExporter({ url: 'http://127.0.0.1:1', headers: { authorization: SECRET } }),
  LoggerExporter: () =>
    new LoggerExporter({ logger: Object.assign({ info: () => undefined }, { key: SECRET }) }),
  BullMQQueue: () => new BullMQQueue({ redisUrl: `redis://:${SECRET}@127.0.0.1:1` }),
  RQQueue: () => new RQQueue({ redisUrl: `redis://:${SECRET}@127.0.0.1:1` }),
  CeleryQueue: () => new CeleryQueue({ broker: `amqp://u:${SECRET}@127.0.0.1:1` }),
};

describe('inspect', () => {
  for (const [name, make] of Object.entries(EXPORTERS))
    it(`shows what a ${name} is and where its reports are, also inside a Metrics, without secrets`, async () => {
      const backend = make();
      const metrics = new Metrics({ backend, onProblem: () => undefined });
      metrics.event('deploy', 'now');
      if (name !== 'LoggerExporter') await until(() => backend.fault !== undefined);
      const shown = inspect(backend);
      expect(shown)
        .to.match(new RegExp(`^${name} \\{`))
        .and.include('accepted: 1');
      if (name !== 'LoggerExporter') expect(shown).to.include('127.0.0.1').and.include('fault:');
      const inside = inspect(metrics, { depth: 9 });
      expect(inside)
        .to.match(/^Metrics \{/)
        .and.include(`${name} {`);
      for (const depth of [2, Number.POSITIVE_INFINITY])
        for (const one of [backend, metrics, metrics.with({ prefix: 'a.' })])
          expect(inspect(one, { depth, showHidden: true })).to.not.include(SECRET);
      await metrics.close({ timeout: 100 });
      expect(inspect(metrics)).to.include('closed: true');
    });

  it('shows what a child, a handle, cells and a cell are', async () => {
    const metrics = new Metrics({ backend: new MemoryStore(), mode: 'individual' });
    const child = metrics.with({ prefix: 'shop.', tags: { region: 'eu' } });
    expect(inspect(metrics)).to.include("mode: 'individual'").and.include('MemoryStore {');
    expect(inspect(child)).to.include("prefix: 'shop.'").and.include("region: 'eu'");
    expect(inspect(child.counter('views'))).to.equal(
      "CounterHandle { name: 'shop.views', tags: { region: 'eu' } }",
    );
    expect(inspect(metrics.level('size'))).to.equal("LevelHandle { name: 'size' }");
    expect(inspect(metrics.timer('load'))).to.equal("TimerHandle { name: 'load' }");
    const { HeapCells } = await import('../../../../bridges/cells/heap-cells.js');
    const cells = new HeapCells();
    const cell = new CounterCell({ group: 'a', metric: 'b' });
    cells.add(cell);
    cells.family('sum', 'views').add({ page: '/' }, 1);
    cell.incr(5);
    expect(inspect(cells)).to.equal("HeapCells { cells: 1, series: { 'sum views': 1 } }");
    expect(inspect(cell)).to.equal(
      "counter { dimensions: { group: 'a', metric: 'b' }, value: 5n }",
    );
    expect(inspect(new Metrics({ enabled: false }))).to.include('enabled: false');
    await metrics.close();
  });

  it('shows the queue, the store and the ledger of a Worker, without secrets', async () => {
    const queue = EXPORTERS.RQQueue!() as RQQueue;
    const worker = new Worker({ queue, backend: EXPORTERS.LoggerExporter!() });
    const shown = inspect(worker, { depth: 9, showHidden: true });
    expect(shown).to.match(/^Worker \{\s+queue: RQQueue \{\s+target: 'redis:\/\/127\.0\.0\.1:1'/);
    expect(shown).to.include('backend: LoggerExporter').and.include('pending: 0');
    expect(shown).to.not.include(SECRET);
    await worker.close();
  });

  it('shows the cells of a CellProducer, and the state of a collection that was started', () => {
    const producer = new CellProducer(new HeapCells(), { temporality: 'delta' });
    expect(inspect(producer)).to.match(/^CellProducer \{ temporality: 'delta', cells: HeapCells/);
    const place = directory();
    const active = new Collection().start(join(place.path, 'cells'));
    expect(inspect(active)).to.match(
      /^ActiveCollection \{\s+path: '.*cells',\s+closed: false\s+\}$/,
    );
    active.close();
    expect(inspect(active)).to.include('closed: true');
    place.discard();
  });
});
