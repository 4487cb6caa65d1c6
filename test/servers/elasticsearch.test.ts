import type { Client } from '@elastic/elasticsearch';
import { expect } from 'chai';
import fc from 'fast-check';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { newId } from '../../exporters/reports/ids.js';
import {
  ElasticsearchExporter,
  type ElasticsearchOptions,
} from '../../exporters/stores/elasticsearch/index.js';
import { indexTemplate, templateName } from '../../exporters/stores/elasticsearch/template.js';
import { describeExporter, plainReports } from '../conformance/suites/exporter.js';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { startProxy, type TcpProxy } from '../support/servers/proxy.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { allDocuments, forget, foundIn, reader } from '../support/servers/stores/elastic-found.js';
import { until } from '../support/until.js';

let server: Server;
let proxy: TcpProxy;
let client: Client;

before(async function () {
  server = await requireServer(this, startElasticsearch, { own: true });
  proxy = await startProxy(server.url);
  client = reader(server.url);
});
after(async () => {
  await proxy?.close();
  await server?.stop();
});

describeExporter('ElasticsearchExporter', {
  clear: () => forget(client, 'conformance'),
  make: (options) =>
    new ElasticsearchExporter({
      indexName: 'conformance',
      connectionUrl: proxy.url,
      timeout: 5,
      ...options,
    }),
  stored: () => foundIn(client, 'conformance'),
  down: async () => proxy.cut(),
  silent: async () => proxy.hold(),
  up: async () => proxy.resume(),
  bad: [
    {
      what: 'a time that the mapping cannot hold',
      spoil: (report) => ({ ...report, timestamp: new Date(8.64e15) }),
    },
    {
      what: 'an id that the store cannot hold',
      spoil: (report) => ({ ...report, id: report.id + 'x'.repeat(512) }),
    },
    {
      what: 'fields deeper than the mapping allows',
      spoil: (report) => ({ ...report, fields: nested(25) }),
    },
  ],
});

function nested(depth: number): Record<string, unknown> {
  return depth === 0 ? { end: 1 } : { inner: nested(depth - 1) };
}

describe('ElasticsearchExporter on a real server', function () {
  this.timeout(120_000);
  const made: ElasticsearchExporter[] = [];
  const make = (options: Partial<ElasticsearchOptions> = {}) => {
    const exporter = new ElasticsearchExporter({
      indexName: 'real',
      connectionUrl: server.url,
      timeout: 5,
      ...options,
    });
    made.push(exporter);
    return exporter;
  };
  beforeEach(() => forget(client, 'real'));
  afterEach(async () => {
    for (const exporter of made.splice(0)) await exporter.shutdown({ timeout: 1_000 });
  });

  it('puts each report into the index of its own day, and what cannot be a document nowhere', async () => {
    const exporter = make();
    const [one, two] = plainReports(2);
    exporter[INTERNALS].accept([
      { ...one!, timestamp: new Date('2025-12-31T23:59:59.999Z') },
      { ...two!, timestamp: new Date('2026-01-01T00:00:00Z') },
    ]);
    await exporter.forceFlush();
    const indices = (await allDocuments(client, 'real')).map(({ index }) => index).sort();
    expect(indices).to.deep.equal(['real-2025.12.31', 'real-2026.01.01']);
  });

  it('lets numbers, texts, lists and maps be the value of one metric', async () => {
    const exporter = make();
    const values = [
      1,
      'text',
      true,
      null,
      [1, 'a', { b: 2 }],
      { c: [3] },
      12345678901234567890n,
      'x'.repeat(65_536),
    ];
    const reports = plainReports(values.length).map((report, i) => ({
      ...report,
      name: 'same',
      value: values[i] as never,
    }));
    exporter[INTERNALS].accept(reports);
    await exporter.forceFlush();
    expect(exporter.ledger()).to.deep.include({ stored: values.length, rejected: {} });
    const found = await allDocuments(client, 'real');
    for (const [i, { id }] of reports.entries()) {
      const value = values[i];
      const { source } = found.find((document) => document.id === id)!;
      // An object stands among the fields, where it is searched.
      const stored = 'value' in source ? source.value : (source.fields as { value: unknown }).value;
      expect(stored).to.deep.equal(typeof value === 'bigint' ? String(value) : value);
    }
    const hits = async (query: object) => (await client.count({ index: 'real-*', query })).count;
    expect(await hits({ range: { value: { gte: 1, lte: 1 } } })).to.equal(1);
    expect(await hits({ term: { 'fields.value.c': '3' } })).to.equal(1);
    expect(await hits({ match: { 'value.text': 'text' } })).to.equal(1);
    expect(await hits({ term: { 'value.keyword': 'text' } })).to.equal(1);
  });

  it('lets custom fields of any name and type stand side by side, searchable', async () => {
    const exporter = make();
    const fields = [
      { status: 'ok', took: 3 },
      { status: { code: 200 }, took: 'long' },
      { 'status.code': [200], 'value.x': 1, 'host.name': 2 },
      { status: null },
    ];
    const reports = plainReports(fields.length).map(({ value: _, ...report }, i) => ({
      ...report,
      metric: 'xml',
      fields: fields[i]!,
    }));
    exporter[INTERNALS].accept(reports);
    await exporter.forceFlush();
    expect(exporter.ledger()).to.deep.include({ stored: fields.length, rejected: {} });
    await client.indices.refresh({ index: 'real-*' });
    const query = { term: { 'fields.status': 'ok' } };
    expect((await client.count({ index: 'real-*', query })).count).to.equal(1);
  });

  it('lets labels be fields of their own, numbers as numbers, as many as the index may have', async () => {
    const exporter = make();
    const statuses = [200, 404, 503];
    const own = plainReports(statuses.length).map((report, i) => ({
      ...report,
      tags: {
        route: '/a',
        'route.kind': 'x',
        status: statuses[i]!,
        day: '2026-01-01',
        ok: i === 0,
      },
    }));
    const many = plainReports(40).map((report, i) => ({
      ...report,
      tags: Object.fromEntries(Array.from({ length: 60 }, (_, j) => [`k${i}_${j}`, j])),
    }));
    exporter[INTERNALS].accept([...own, ...many]);
    await exporter.forceFlush();
    expect(exporter.ledger()).to.deep.include({ stored: 43, pending: 0, rejected: {} });
    await client.indices.refresh({ index: 'real-*' });
    const hits = async (query: object) => (await client.count({ index: 'real-*', query })).count;
    expect(await hits({ range: { 'numeric_labels.status': { gte: 400 } } })).to.equal(2);
    expect(await hits({ term: { 'labels.status': '404' } })).to.equal(1);
    expect(await hits({ range: { 'labels.route': { gte: '/' } } })).to.equal(3);
    expect(await hits({ term: { 'labels.route.kind': 'x' } })).to.equal(3);
    const { fields } = await client.fieldCaps({ index: 'real-*', fields: '*labels.*' });
    expect(fields['labels.route']).to.have.property('keyword');
    expect(fields['labels.day']).to.have.property('keyword');
    expect(fields['numeric_labels.status']).to.have.property('double');
    const { aggregations } = await client.search<unknown, { routes: { buckets: object[] } }>({
      index: 'real-*',
      size: 0,
      aggs: { routes: { terms: { field: 'labels.route' } } },
    });
    expect(aggregations!.routes.buckets).to.deep.equal([{ key: '/a', doc_count: 3 }]);
    // The limit of the index bounds them; what goes beyond is stored all the same.
    expect(Object.keys(fields).length).to.be.above(500).and.below(1_000);
    expect(await hits({ exists: { field: 'name' } })).to.equal(43);
  });

  it('keeps writing to an index that the first version of the template made', async () => {
    const today = `real-${new Date().toISOString().slice(0, 10).replaceAll('-', '.')}`;
    await client.indices.create({
      index: today,
      mappings: {
        dynamic: false,
        subobjects: false,
        properties: { labels: { type: 'flattened' }, fields: { type: 'flattened' } },
      },
    });
    const exporter = make();
    const [report] = plainReports(1);
    exporter[INTERNALS].accept([{ ...report!, tags: { status: 200 }, value: { a: 1 } }]);
    await exporter.forceFlush();
    expect(exporter.ledger()).to.deep.include({ stored: 1, rejected: {} });
    await client.indices.refresh({ index: 'real-*' });
    const query = { term: { 'labels.status': '200' } };
    expect((await client.count({ index: 'real-*', query })).count).to.equal(1);
  });

  it('keeps whatever a report holds, and adds only labels to the mapping', async () => {
    const exporter = make();
    const json = fc.jsonValue({ maxDepth: 4 });
    const sample = fc.sample(
      fc.record({
        value: json,
        fields: fc.dictionary(fc.string({ unit: 'binary' }), json),
        tags: fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })),
      }),
      300,
    );
    const reports = plainReports(sample.length).map((report, i) => {
      const { value, fields, tags } = JSON.parse(
        JSON.stringify(sample[i]!).replaceAll(/\\ud[89a-f][0-9a-f]{2}/gi, '?'),
      );
      return { ...report, value, fields, tags };
    });
    exporter[INTERNALS].accept(reports);
    // Each new label is a change of the cluster's state.
    await exporter.forceFlush({ timeout: 100_000 });
    expect(exporter.ledger()).to.deep.include({ stored: reports.length, rejected: {} });
    const found = new Map(
      (await allDocuments(client, 'real')).map(({ id, source }) => [id, source]),
    );
    for (const { id, value, tags } of reports) {
      const source = found.get(id)!;
      const stored = 'value' in source ? source.value : (source.fields as { value: unknown }).value;
      expect(stored).to.deep.equal(value);
      const keys = Object.keys(tags)
        .map((key) => (/^[\s\p{Cc}]*$/u.test(key) ? `field_${key}` : key))
        .map((key) => key.replaceAll('\0', '\\0'));
      expect(Object.keys(found.get(id)!.labels ?? {})).to.have.members(keys);
    }
    const mappings = await client.indices.getMapping({ index: 'real-*' });
    const wanted = Object.keys(indexTemplate('real').template!.mappings!.properties!);
    for (const { mappings: mapping } of Object.values(mappings))
      expect(Object.keys(mapping.properties!)).to.have.members(wanted);
  });

  it('counts a mapping conflict and too many fields on the report alone, on an index that the user mapped', async () => {
    const today = `real-${new Date().toISOString().slice(0, 10).replaceAll('-', '.')}`;
    const settings = { 'index.mapping.total_fields.limit': 12 };
    await client.indices.create({
      index: today,
      settings,
      mappings: { properties: { name: { type: 'keyword' }, value: { type: 'long' } } },
    });
    const exporter = make();
    const [good, conflict, many, other] = plainReports(4);
    const fields = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, 1]));
    exporter[INTERNALS].accept([
      good!,
      { ...conflict!, value: 'no number' },
      { ...many!, fields },
      other!,
    ]);
    await exporter.forceFlush();
    expect(exporter.ledger()).to.deep.include({
      stored: 2,
      pending: 0,
      rejected: { 'document_parsing_exception (400)': 2 },
    });
  });

  it('waits while an index is blocked, and rejects what comes late for a day that is closed', async () => {
    const exporter = make();
    const [first, late, next, waiting] = plainReports(4);
    const yesterday = { ...late!, timestamp: new Date(Date.now() - 86_400_000) };
    exporter[INTERNALS].accept([first!, { ...yesterday, id: newId() }]);
    await exporter.forceFlush();
    const indices = (await allDocuments(client, 'real')).map(({ index }) => index).sort();
    await client.indices.addBlock({ index: indices[0]!, block: 'write' });
    exporter[INTERNALS].accept([yesterday, next!]);
    await exporter.forceFlush();
    expect(exporter.ledger()).to.deep.include({
      stored: 3,
      pending: 0,
      rejected: { 'cluster_block_exception (403)': 1 },
    });
    await client.indices.addBlock({ index: indices[1]!, block: 'write' });
    exporter[INTERNALS].accept([waiting!]);
    await until(() => exporter.fault !== undefined);
    const error = await exporter.forceFlush({ timeout: 500 }).catch((thrown: Error) => thrown);
    expect(String((error as Error).cause)).to.include('lift the block');
    expect(exporter.ledger()).to.include({ pending: 1 });
    await client.indices.putSettings({
      index: indices[1]!,
      settings: { 'index.blocks.write': false },
    });
    await exporter.forceFlush();
    expect(exporter.ledger()).to.include({ stored: 4, pending: 0 });
  });

  it('rejects what has no index where none is made automatically', async () => {
    await client.cluster.putSettings({ persistent: { 'action.auto_create_index': 'false' } });
    try {
      const exporter = make();
      exporter[INTERNALS].accept(plainReports(2));
      await exporter.forceFlush();
      expect(exporter.ledger()).to.deep.include({
        stored: 0,
        pending: 0,
        rejected: { 'index_not_found_exception (404)': 2 },
      });
    } finally {
      await client.cluster.putSettings({ persistent: { 'action.auto_create_index': null } });
    }
  });

  it('waits for a cluster that has no room for another index', async () => {
    await client.indices.create({ index: 'full-1', settings: { number_of_replicas: 0 } });
    await client.cluster.putSettings({ persistent: { 'cluster.max_shards_per_node': 1 } });
    const exporter = make();
    try {
      exporter[INTERNALS].accept(plainReports(1));
      await until(() => exporter.fault !== undefined);
      const error = await exporter.forceFlush({ timeout: 500 }).catch((thrown: Error) => thrown);
      expect(String((error as Error).cause)).to.include('max_shards_per_node');
    } finally {
      await client.cluster.putSettings({ persistent: { 'cluster.max_shards_per_node': null } });
      await client.indices.delete({ index: 'full-1' });
    }
    await exporter.forceFlush();
    expect(exporter.ledger()).to.include({ stored: 1, pending: 0 });
  });

  it('stores all once when a connection is cut in the middle of a request', async () => {
    const exporter = make({ connectionUrl: proxy.url, batchSize: 500 });
    const sent = plainReports(5_000);
    for (let i = 0; i < sent.length; i += 500) {
      proxy.cutAfter(20_000 + i * 10);
      exporter[INTERNALS].accept(sent.slice(i, i + 500));
      await exporter.forceFlush();
    }
    const found = await foundIn(client, 'real');
    expect(found).to.have.lengthOf(sent.length);
    expect(exporter.ledger()).to.include({ stored: sent.length });
  });

  it('goes on at another node when one is gone', async () => {
    const dead = await startProxy(server.url);
    await dead.close();
    const exporter = make({ connectionUrl: [dead.url, server.url] });
    exporter[INTERNALS].accept(plainReports(10));
    await exporter.forceFlush();
    expect(exporter.ledger()).to.include({ stored: 10 });
  });

  it("uses a client of the application's own, and leaves it open", async () => {
    const exporter = new ElasticsearchExporter({ indexName: 'real', client });
    exporter[INTERNALS].accept(plainReports(3));
    await exporter.shutdown();
    expect(exporter.ledger()).to.include({ stored: 3 });
    expect(await client.cluster.health()).to.have.property('status');
  });

  it('can be set up beforehand and examined, and warns of an index that loses what it acknowledged', async () => {
    const exporter = make();
    const context = { signal: AbortSignal.timeout(10_000) };
    await exporter[INTERNALS].setup(context);
    expect(
      (await client.indices.getIndexTemplate({ name: templateName('real') })).index_templates,
    ).to.have.lengthOf(1);
    const [report, other] = plainReports(2);
    await exporter[INTERNALS].deliver([report!]);
    expect(await exporter[INTERNALS].examine(report!, context)).to.deep.equal({
      found: true,
      remarks: [],
    });
    expect(await exporter[INTERNALS].examine(other!, context)).to.include({ found: false });
    await client.indices.putSettings({
      index: 'real-*',
      settings: { 'index.translog.durability': 'async' },
    });
    expect((await exporter[INTERNALS].examine(report!, context)).remarks.join()).to.include(
      'index.translog.durability',
    );
  });

  it('makes its template once, whoever comes first, and never over a newer one', async () => {
    const name = templateName('real');
    const exporters = Array.from({ length: 5 }, () => make());
    for (const exporter of exporters) exporter[INTERNALS].accept(plainReports(1));
    await Promise.all(exporters.map((exporter) => exporter.forceFlush()));
    const found = async () =>
      (await client.indices.getIndexTemplate({ name })).index_templates[0]!.index_template;
    expect(await found()).to.deep.include({
      version: indexTemplate('real').version,
      priority: indexTemplate('real').priority,
    });
    // The minimal distribution has no histograms.
    const newer = { ...indexTemplate('real', 'without histogram'), version: 99 };
    await client.indices.putIndexTemplate(newer);
    const late = make();
    late[INTERNALS].accept(plainReports(1));
    await late.forceFlush();
    expect(await found()).to.include({ version: 99 });
    await client.indices.putIndexTemplate({ ...newer, version: 0 });
    const upgrade = make();
    upgrade[INTERNALS].accept(plainReports(1));
    await upgrade.forceFlush();
    expect(await found()).to.include({ version: indexTemplate('real').version });
  });
});
