import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import type { Outcome } from '../../../../../exporters/delivery/store.js';
import { SettingsError } from '../../../../../exporters/errors.js';
import type { Report } from '../../../../../exporters/reports/report.js';
import { clientOptions } from '../../../../../exporters/stores/mongodb/client.js';
import { toDocument } from '../../../../../exporters/stores/mongodb/documents.js';
import { MongoExporter } from '../../../../../exporters/stores/mongodb/index.js';
import {
  databaseOf,
  hasCredentials,
  secretsIn,
  urlOf,
} from '../../../../../exporters/stores/mongodb/options.js';
import {
  classifyFailure,
  classifyItems,
  SuspectError,
  writeErrorsIn,
} from '../../../../../exporters/stores/mongodb/outcomes.js';
import { RefusedDocumentFinder } from '../../../../../exporters/stores/mongodb/refused-documents.js';

const timestamp = new Date('2026-11-23T10:00:00.250Z');
const report: Report = {
  id: 'i',
  name: 'user.profile.views',
  metric: 'gauge',
  value: 1,
  timestamp,
  host: 'web-1',
};
const remedies = { target: 'TARGET', credentials: 'CREDENTIALS', rights: 'RIGHTS' };

describe('MongoDB documents', () => {
  it("are Kaneda's, under the id of the report", () => {
    const document = toDocument({ ...report, tags: ['a', 'b'], appName: 'shop' });
    expect(document).to.deep.equal({
      _id: 'i',
      host: 'web-1',
      name: 'user.profile.views',
      value: 1,
      tags: ['a', 'b'],
      timestamp,
      metric: 'gauge',
      app_name: 'shop',
    });
    expect(Object.keys(toDocument({ ...report, tags: {} }))).to.deep.equal([
      '_id',
      'host',
      'name',
      'value',
      'timestamp',
      'metric',
    ]);
  });

  it('unpack fields, and keep a field of the user that is named like ours', () => {
    const { value: _, ...rest } = report;
    expect(
      toDocument({ ...rest, fields: { count: 2, app_name: 'mine' }, appName: 'shop' }),
    ).to.include({
      count: 2,
      field_app_name: 'mine',
      app_name: 'shop',
    });
  });

  it('have keys that mean nothing to MongoDB', () => {
    const fields = { 'a.b': { $set: [{ 'c\0"\\': 1 }] }, in$ide: 2 };
    expect(toDocument({ ...report, fields })).to.deep.include({
      'a．b': { '＄set': [{ 'c␀＂＼': 1 }] },
      in$ide: 2,
    });
  });

  it('keep every digit of a bigint: int64, or text beyond', () => {
    expect(toDocument({ ...report, value: 2n ** 63n - 1n }).value).to.equal(2n ** 63n - 1n);
    expect(toDocument({ ...report, value: 2n ** 63n }).value).to.equal('9223372036854775808');
  });
});

describe('MongoExporter options', () => {
  it('leave to the URL what it says itself', () => {
    const options = clientOptions(
      { connectionUrl: 'mongodb://h/?w=1&serverSelectionTimeoutMS=9' },
      7_000,
    );
    expect(options)
      .to.include({ retryWrites: true, socketTimeoutMS: 7_000 })
      .and.not.have.any.keys('w', 'serverSelectionTimeoutMS');
    expect(clientOptions({ user: 'u', password: 'p', timeout: 50 }, 1)).to.deep.include({
      auth: { username: 'u', password: 'p' },
      authSource: 'admin',
      w: 'majority',
      serverSelectionTimeoutMS: 50,
    });
    expect(clientOptions({ tls: { ca: 'c' } }, 1)).to.include({ tls: true, ca: 'c' });
  });

  it('find the server, the database and the secrets', async () => {
    expect(urlOf({ host: '::1', port: 1 })).to.equal('mongodb://[::1]:1/');
    expect(urlOf({ host: '[::1]' })).to.equal('mongodb://[::1]:27017/');
    expect(urlOf({})).to.equal('mongodb://localhost:27017/');
    expect(databaseOf('mongodb://u:p@a:1,b:2/me%20trics?x=1')).to.equal('me trics');
    expect(databaseOf('mongodb://a/')).to.equal(undefined);
    const client = new MongoClient('mongodb://u:in-client@localhost/');
    expect(
      secretsIn({ client, connectionUrl: 'mongodb://u:p%40q@h/', password: 'o' }),
    ).to.have.members(['o', 'in-client', 'p%40q', 'p@q']);
    await client.close();
  });

  it('tell whether they sign in', () => {
    for (const options of [
      { user: 'u', password: 'p' },
      { connectionUrl: 'mongodb://u:p@h/' },
      { connectionUrl: 'mongodb+srv://u@h,g/db?x=1' },
      { connectionUrl: 'mongodb://h/?authMechanism=MONGODB-X509&tls=true' },
    ])
      expect(hasCredentials(options), JSON.stringify(options)).to.equal(true);
    for (const options of [{}, { host: 'h' }, { connectionUrl: 'mongodb://h/?appName=a@b' }])
      expect(hasCredentials(options), JSON.stringify(options)).to.equal(false);
  });

  it('say all faults at once', () => {
    const options = {
      connectionUrl: 'http://h',
      port: 'x',
      client: {},
      colectionName: 'c',
      expireAfterSeconds: -1,
    };
    expect(() => new MongoExporter(options as never))
      .to.throw(SettingsError)
      .that.satisfies(({ faults }: SettingsError) => {
        expect(new Set(faults.map(({ path }) => path))).to.have.keys(Object.keys(options));
        return true;
      });
  });
});

describe('MongoDB outcomes', () => {
  const bulk = (writeErrors: object[], rest: object = {}) =>
    Object.assign(new Error('bulk'), { name: 'MongoBulkWriteError', writeErrors, ...rest });

  it('tell each document apart', () => {
    const error = bulk([
      {
        index: 0,
        code: 11_000,
        errmsg:
          'E11000 duplicate key error collection: kaneda.default index: _id_ dup key: { _id: "x" }',
      },
      {
        index: 1,
        code: 11_000,
        errmsg:
          'E11000 duplicate key error collection: kaneda.default index: order_1 dup key: { order: 1 }',
      },
      { index: 2, code: 11_000, errmsg: 'E11000 duplicate key', err: { keyPattern: { _id: 1 } } },
      { index: 3, code: 121, errmsg: 'Document failed validation' },
      { index: 4, code: 11_000, errmsg: 'E11000 duplicate key error collection: kaneda.default' },
      { index: 5, code: 91, errmsg: 'shutting down' },
    ]);
    const { outcomes, unnamed } = classifyItems(writeErrorsIn(error), 7);
    expect(outcomes.slice(0, 4)).to.deep.equal([
      'stored',
      { rejected: 'duplicate in the unique index order_1' },
      'stored',
      { rejected: 'MongoDB error 121: Document failed validation' },
    ]);
    expect(outcomes.slice(5)).to.deep.equal(['retry', 'stored']);
    expect(unnamed).to.deep.equal([4]);
  });

  it('tell what passes by itself from what somebody must fix, and from what a document is to blame for', () => {
    const whole = (errorResponse: object) => bulk([], { errorResponse });
    const failureOf = (response: object) => classifyFailure(whole(response), remedies);
    expect(failureOf({ name: 'MongoNetworkError', message: 'closed' }).message).to.equal('bulk');
    expect(failureOf({ code: 10_107, message: 'not primary' }).message).to.equal('bulk');
    expect(failureOf({ code: 13, message: 'no' })).to.include({
      code: 'KANEDA_IMPROPERLY_CONFIGURED',
      message: 'MongoDB refuses the write (no): RIGHTS',
    });
    expect(failureOf({ code: 18, message: 'no' }).message).to.include('CREDENTIALS');
    const encoding = new Error('key "a" must not contain null bytes');
    encoding.name = 'BSONError';
    expect(classifyFailure(encoding, remedies)).to.have.property('code', 'KANEDA_REJECTED');
    expect(failureOf({ code: 1, message: 'malformed JSON' }))
      .to.be.instanceOf(SuspectError)
      .with.property('message', 'MongoDB error 1: malformed JSON');
  });

  it('say the address and what to look at where nobody is reached', () => {
    for (const [message, word] of [
      ['connect ECONNREFUSED 127.0.0.1:27017', 'start the server'],
      ['getaddrinfo ENOTFOUND mongo.invalid', 'no such host'],
    ] as const) {
      const failure = classifyFailure(new Error(message), remedies);
      expect(failure.message).to.include('TARGET').and.include(message).and.include(word);
    }
  });

  it('convict the document that nothing explains, and none when the server is ill', async () => {
    const tried: number[] = [];
    const suspects = (bad: (id: string) => boolean) =>
      new RefusedDocumentFinder<{ _id: string }>(async (documents) => {
        tried.push(documents.length);
        if (documents.some(({ _id }) => bad(_id))) throw new SuspectError('because');
        return documents.map((): Outcome => 'stored');
      });
    const documents = Array.from({ length: 100 }, (_, i) => ({ _id: String(i) }));
    const outcomes = await suspects((id) => id === '77').write(documents);
    expect(outcomes.filter((outcome) => outcome === 'stored')).to.have.lengthOf(99);
    expect(outcomes[77]).to.deep.equal({ rejected: 'because' });
    tried.length = 0;
    const ill = suspects(() => true);
    await ill.write(documents).then(
      () => expect.fail('nothing was stored'),
      (error) => expect(error).to.be.instanceOf(SuspectError),
    );
    expect(tried.length).to.be.below(50);
    const alone = documents.slice(0, 1);
    for (let i = 0; i < 4; i++) await ill.write(alone).catch(() => {});
    expect(await ill.write(alone)).to.deep.equal([{ rejected: 'because' }]);
  });
});
