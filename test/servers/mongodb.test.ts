import assert from 'node:assert/strict';
import { expect } from 'chai';
import fc from 'fast-check';
import { MongoClient } from 'mongodb';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import type { ReportDocument } from '../../exporters/stores/mongodb/documents.js';
import { MongoExporter } from '../../exporters/stores/mongodb/index.js';
import { describeExporter, type Found, plainReports } from '../conformance/suites/exporter.js';
import { describeFailures } from '../conformance/suites/store-failures.js';
import { isFerret, startMongo } from '../support/servers/ferretdb.js';
import { outages } from '../support/servers/outages.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { randomReport } from '../support/servers/stores/random.js';
import { until } from '../support/until.js';

let server: Server;

/** A client of the test's own for one question, closed again: FerretDB is slow to stop while one is open. */
async function withClient<T>(
  ask: (client: MongoClient) => Promise<T>,
  url = server.url,
): Promise<T> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 10_000 });
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}

const documentsOf = (url = server.url): Promise<ReportDocument[]> =>
  withClient(
    (client) => client.db('kaneda').collection<ReportDocument>('default').find().toArray(),
    url,
  );

const foundIn = (documents: readonly ReportDocument[]): Found[] =>
  documents
    .filter(({ _id }) => _id !== 'not a report')
    .map(({ _id, ...rest }) => ({ id: _id, ...rest }) as unknown as Found);

describeExporter('MongoExporter', {
  start: async (context) => {
    server = await requireServer(context, startMongo, { own: true });
  },
  clear: () =>
    withClient(async (client) => {
      const database = client.db('kaneda');
      await database.dropDatabase();
      // What has this text in its field is refused as a duplicate, though its own id is new.
      await database
        .collection('default')
        .createIndex({ taken: 1 }, { unique: true, sparse: true });
      await database
        .collection<ReportDocument>('default')
        .insertOne({ _id: 'not a report', taken: 'taken' });
    }),
  make: (options) => new MongoExporter({ connectionUrl: server.url, timeout: 2_000, ...options }),
  stored: async () => foundIn(await documentsOf()),
  ...outages(() => server),
  bad: [
    {
      what: 'duplicate in a unique index',
      spoil: ({ value: _, ...report }) => ({ ...report, fields: { taken: 'taken' } }),
    },
  ],
});

const ADMIN = { user: 'admin', password: 'adm1n' };
let guarded: Server;
const signedIn = (): string => guarded.url.replace('://', `://${ADMIN.user}:${ADMIN.password}@`);

describeFailures('MongoExporter', {
  start: async (context) => {
    guarded = await requireServer(context, startMongo, { own: true, password: ADMIN.password });
    return guarded;
  },
  make: (connectionUrl, options, account = ADMIN) =>
    new MongoExporter({ connectionUrl, timeout: 2_000, ...account, ...options }),
  program: {
    module: 'exporters/stores/mongodb/index.ts',
    exporter: 'MongoExporter',
    options: (connectionUrl) => ({ connectionUrl, timeout: 2_000, ...ADMIN }),
  },
  stored: async () => foundIn(await documentsOf(signedIn())),
  drop: async () => {
    await withClient((client) => client.db('kaneda').dropDatabase(), signedIn());
  },
  remedy: /db.grantRolesToUser/,
});

describe('MongoExporter without credentials, on a server that wants them', function () {
  this.timeout(120_000);
  let closed: Server;
  before(async function () {
    closed = await requireServer(this, startMongo, { own: true, password: ADMIN.password });
  });
  after(() => closed?.stop());

  it('says to give user and password, and keeps everything', async () => {
    const exporter = new MongoExporter({ connectionUrl: closed.url, timeout: 2_000 });
    exporter[INTERNALS].accept(plainReports(2));
    await until(() => exporter.fault !== undefined);
    expect(exporter.fault).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
    expect(exporter.fault!.message).to.include('give user and password');
    expect(exporter.fault!.message).to.not.include('grantRoles');
    expect(exporter.ledger()).to.deep.include({ pending: 2, rejected: {} });
    await exporter.shutdown({ timeout: 100 });
  });
});

/** Keys as they were before they were escaped. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  '\uff0e': '.',
  '\uff04': '$',
  '\uff02': '"',
  '\uff3c': '\\',
  '\u2421': '\x7f',
};
const original = (key: string): string =>
  key.replace(
    /[\uff0e\uff04\uff02\uff3c\u2421\u2400-\u241f]/g,
    (char) => LOOK_ALIKES[char] ?? String.fromCharCode(char.charCodeAt(0) - 0x2400),
  );

function withOriginalKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(withOriginalKeys);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [original(key), withOriginalKeys(item)]),
  );
}

describe('MongoExporter', function () {
  this.timeout(120_000);
  let plain: Server;
  before(async function () {
    plain = await requireServer(this, startMongo, {});
  });
  after(() => plain?.stop());

  it('makes its indexes, whatever says where the database is', async () => {
    const client = new MongoClient(plain.url);
    const { hostname, port } = new URL(plain.url);
    const ways: [string, MongoExporter][] = [
      [
        'by_url',
        new MongoExporter({
          connectionUrl: `${plain.url.replace(/\/$/, '')}/by_url`,
          timeout: 2_000,
        }),
      ],
      [
        'by_option',
        new MongoExporter({
          connectionUrl: `${plain.url}other`,
          dbName: 'by_option',
          timeout: 2_000,
        }),
      ],
      ['by_client', new MongoExporter({ client, dbName: 'by_client' })],
      [
        'by_host',
        new MongoExporter({
          host: hostname,
          port: Number(port),
          dbName: 'by_host',
          timeout: 2_000,
        }),
      ],
    ];
    for (const [name, exporter] of ways) {
      expect(await exporter[INTERNALS].deliver(plainReports(2)), name).to.deep.equal([
        'stored',
        'stored',
      ]);
      const collection = client.db(name).collection('default');
      expect((await collection.indexes()).map(({ key }) => key)).to.deep.include({
        metric: 1,
        name: 1,
        timestamp: -1,
      });
      expect(await collection.countDocuments(), name).to.equal(2);
      await exporter.shutdown();
    }
    // A given client is its owner's to close.
    expect(await client.db('by_client').command({ ping: 1 })).to.have.property('ok', 1);
    await client.close();
  });

  it('expires documents where the server can, and stores them where it cannot', async () => {
    const exporter = new MongoExporter({
      connectionUrl: plain.url,
      dbName: 'expiring',
      expireAfterSeconds: 3_600,
      timeout: 2_000,
    });
    expect(await exporter[INTERNALS].deliver(plainReports(2))).to.deep.equal(['stored', 'stored']);
    await exporter.shutdown();
    if (isFerret(plain)) return;
    const client = new MongoClient(plain.url);
    const indexes = await client.db('expiring').collection('default').indexes();
    await client.close();
    expect(indexes.map(({ expireAfterSeconds }) => expireAfterSeconds)).to.include(3_600);
  });

  it('says that the application has closed the client that it gave', async () => {
    const client = new MongoClient(plain.url);
    const exporter = new MongoExporter({ client, dbName: 'closed_client' });
    exporter[INTERNALS].accept(plainReports(1));
    await exporter.forceFlush();
    await client.close();
    exporter[INTERNALS].accept(plainReports(1));
    await until(() => exporter.fault !== undefined);
    expect(exporter.fault).to.have.property('message').that.includes('has closed this client');
    await exporter.shutdown({ timeout: 100 });
  });

  it('reads back what it wrote, whatever that is', async () => {
    const exporter = new MongoExporter({
      connectionUrl: plain.url,
      timeout: 2_000,
      dbName: 'random',
    });
    const client = new MongoClient(plain.url);
    const collection = client.db('random').collection<ReportDocument>('default');
    // C1 control characters are stored as U+FFFD, and what looks like an escape already cannot be told from one.
    // Lists under the name of a method of every object are given raw by the driver's reader.
    const ambiguous = /[\u0080-\u009f\ufffd\uff0e\uff04\uff02\uff3c\u2400-\u2421]|"constructor"/;
    const reports = fc.array(randomReport(), { minLength: 1, maxLength: 30 });
    try {
      await fc.assert(
        fc.asyncProperty(reports, async (sent) => {
          const known = sent.filter((report) => !ambiguous.test(JSON.stringify(report)));
          const outcomes = await exporter[INTERNALS].deliver(known);
          const found = await collection
            .find({ _id: { $in: known.map(({ id }) => id) } })
            .toArray();
          const byId = new Map(found.map((document) => [document._id, document]));
          for (const [i, { id, fields, tags, name, metric, host, timestamp }] of known.entries()) {
            if (outcomes[i] !== 'stored') {
              expect(isFerret(plain) && outcomes[i], 'of FerretDB')
                .to.have.property('rejected')
                .that.includes('nested arrays');
              continue;
            }
            const labels = Object.keys(tags!).length > 0 ? { tags } : {};
            const wanted = { _id: id, ...fields, ...labels, name, metric, host, timestamp };
            assert.deepStrictEqual(withOriginalKeys(byId.get(id)), wanted);
          }
        }),
        { numRuns: 40 },
      );
    } finally {
      await client.close();
      await exporter.shutdown();
    }
  });
});
