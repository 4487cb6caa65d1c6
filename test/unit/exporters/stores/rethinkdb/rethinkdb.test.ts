import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { INTERNALS } from '../../../../../exporters/delivery/internals.js';
import { SettingsError } from '../../../../../exporters/errors.js';
import type { Report } from '../../../../../exporters/reports/report.js';
import { tableOf, toDocument } from '../../../../../exporters/stores/rethinkdb/documents.js';
import {
  type DriverConnection,
  loadDriver,
} from '../../../../../exporters/stores/rethinkdb/driver.js';
import { RethinkExporter } from '../../../../../exporters/stores/rethinkdb/index.js';
import { classifyItems } from '../../../../../exporters/stores/rethinkdb/outcomes.js';
import { ensureTable } from '../../../../../exporters/stores/rethinkdb/setup.js';
import { plainReports } from '../../../../conformance/suites/exporter.js';
import { UnsettledRethinkExporter } from '../../../../support/rethinkdb/exporter.js';
import { CODES, Failure } from '../../../../support/rethinkdb/failure.js';
import { Queries } from '../../../../support/rethinkdb/queries.js';
import { type RethinkStandIn, startStandIn } from '../../../../support/rethinkdb/wire.js';
import { randomReport } from '../../../../support/servers/stores/random.js';

const timestamp = new Date('2026-11-23T10:00:00.250Z');
const report: Report = {
  id: 'i',
  name: 'user.profile.views',
  metric: 'gauge',
  value: 1,
  timestamp,
  host: 'web-1',
};
const time = { $reql_type$: 'TIME', epoch_time: 1_795_428_000.25, timezone: '+00:00' };

describe('RethinkDB documents', () => {
  it("are Kaneda's, under the id of the report, with the metric beside it", () => {
    expect(toDocument({ ...report, tags: { a: 1 }, appName: 'shop' })).to.deep.equal({
      id: 'i',
      host: 'web-1',
      name: 'user.profile.views',
      value: 1,
      tags: { a: 1 },
      timestamp: time,
      metric: 'gauge',
      app_name: 'shop',
    });
  });

  it('have times at any depth and every digit of a bigint', () => {
    const { value: _, ...rest } = report;
    const document = toDocument({
      ...rest,
      fields: { when: [{ at: timestamp }], big: 2n ** 60n, small: 3n },
    });
    expect(document).to.deep.include({
      when: [{ at: time }],
      big: '1152921504606846976',
      small: 3,
    });
  });

  it('need an id that can be a primary key', () => {
    expect(() => toDocument({ ...report, id: 'x'.repeat(128) })).to.throw(/127/);
    expect(() => toDocument({ ...report, id: 'a\0' })).to.throw(/NUL/);
  });

  it('go to a table that RethinkDB can name', () => {
    expect(tableOf('user.signup/é')).to.equal('user_signup__');
  });
});

describe('RethinkDB outcomes', () => {
  it('tell each document apart once the changes are known', () => {
    expect(classifyItems({ errors: 0 }, 2)).to.deep.equal(['stored', 'stored']);
    expect(classifyItems({ errors: 1, first_error: 'x' }, 2)).to.equal(undefined);
    expect(classifyItems({ errors: 1, first_error: 'bad thing:\n{…}' }, 1)).to.deep.equal([
      { rejected: 'RethinkDB: bad thing:' },
    ]);
    const changes = [
      {},
      { error: 'no' },
      { error: 'Cannot perform write: primary replica for shard ["", +inf) not available' },
    ];
    expect(classifyItems({ errors: 2, changes }, 3)).to.deep.equal([
      'stored',
      { rejected: 'RethinkDB: no' },
      'retry',
    ]);
  });
});

describe('RethinkExporter options', () => {
  it('say all faults at once', () => {
    const options = {
      db: 'not.a.name',
      tableName: 'x y',
      port: 0,
      connection: {},
      durability: 'medium',
      username: 'u',
    };
    expect(() => new RethinkExporter(options as never))
      .to.throw(SettingsError)
      .that.satisfies(({ faults }: SettingsError) => {
        expect(new Set(faults.map(({ path }) => path))).to.have.keys(Object.keys(options));
        return true;
      });
  });
});

describe('RethinkDB set-up', () => {
  it('keeps one of the tables that several processes make at once', async () => {
    const { r } = await loadDriver();
    const queries = new Queries();
    // As it was measured: who creates at the same time does not see the other's yet.
    const table = () =>
      queries.tables.push({
        id: crypto.randomUUID(),
        db: 'kaneda',
        name: 'gauge',
        documents: new Map(),
      });
    queries.refuse = (term) => {
      if (term === 'TABLE_CREATE' && queries.tables.length === 1) {
        table();
        throw new Failure(CODES.failed, 'Table `kaneda.gauge` already exists.');
      }
    };
    const waits: number[] = [];
    const run = async (term: object) => {
      try {
        return queries.run((term as { build(): unknown }).build());
      } catch (error) {
        throw Object.assign(error as Error, { msg: (error as Error).message });
      }
    };
    // All have created theirs before any of them has waited.
    let settle: () => void = () => {};
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const sleep = (ms: number) => {
      waits.push(ms);
      return settled;
    };
    queries.databases.push({ id: 'd', name: 'kaneda' });
    const both = [0, 1].map(() => ensureTable(r, run, 'kaneda', 'gauge', sleep));
    await new Promise((resolve) => setImmediate(resolve));
    table();
    const ids = queries.tables.map(({ id }) => id).sort();
    settle();
    await Promise.all(both);
    expect(waits).to.deep.equal([1_500, 1_500]);
    expect(ids.length).to.be.above(1);
    expect(queries.tables.map(({ id }) => id)).to.deep.equal([ids[0]]);
  });
});

describe('RethinkExporter on the wire', () => {
  let standIn: RethinkStandIn;
  const made: RethinkExporter[] = [];
  const make = (options: object = {}) => {
    // A busy machine may take longer over a handshake than the default allows.
    const given = {
      host: '127.0.0.1',
      port: standIn.port,
      password: 'right',
      timeout: 30,
      ...options,
    };
    const exporter = new UnsettledRethinkExporter(given);
    made.push(exporter);
    return exporter;
  };
  beforeEach(async () => {
    standIn = await startStandIn('right');
  });
  afterEach(async () => {
    for (const exporter of made.splice(0)) await exporter.shutdown({ timeout: 100 });
    await standIn.close();
  });

  it('looks whether database and table are there, and makes neither', async () => {
    const signal = AbortSignal.timeout(30_000);
    const exporter = make();
    expect(await exporter[INTERNALS].look({ signal })).to.have.lengthOf(1);
    expect(standIn.queries.databases).to.deep.equal([]);
    await exporter[INTERNALS].setup({ signal });
    expect(await exporter[INTERNALS].look({ signal })).to.deep.equal([]);
    expect(standIn.queries.documents('kaneda')).to.deep.equal([]);
  });

  it('asks which documents were refused only when some were', async () => {
    const exporter = make();
    await exporter[INTERNALS].deliver(plainReports(3));
    standIn.queries.refuseDocument = ({ value }) => (value === 1 ? 'refused' : undefined);
    standIn.queries.asked.length = 0;
    expect(await exporter[INTERNALS].deliver(plainReports(3))).to.deep.equal([
      'stored',
      { rejected: 'RethinkDB: refused' },
      'stored',
    ]);
    expect(standIn.queries.asked.filter((term) => term === 'INSERT')).to.have.lengthOf(2);
  });

  it('narrows down what a table with a write hook refuses as a whole', async () => {
    const exporter = make();
    standIn.queries.refuse = (term, [, documents]) => {
      if (term === 'INSERT' && JSON.stringify(documents).includes('\\"value\\":5,'))
        throw new Failure(
          CODES.nonExistence,
          'Cannot perform bracket on a non-object non-sequence `null`.',
        );
    };
    const outcomes = await exporter[INTERNALS].deliver(plainReports(20));
    expect(outcomes.filter((outcome) => outcome === 'stored')).to.have.lengthOf(19);
    expect(outcomes[5])
      .to.have.property('rejected')
      .that.matches(/Cannot perform bracket/);
  });

  it('does not end the application over a wrong password, and says what to do', async () => {
    const exporter = make({ password: 'wr0ng' });
    expect(await exporter[INTERNALS].deliver(plainReports(1))).to.deep.equal(['retry']);
    expect(exporter.fault).to.include({ code: 'KANEDA_IMPROPERLY_CONFIGURED' });
    expect(exporter.fault!.message)
      .to.match(/Wrong password.*grant\('admin'/)
      .and.not.include('wr0ng');
  });

  it('does not end the application when something else answers at its port', async () => {
    const stranger = createServer((socket) =>
      socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n\0'),
    );
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const exporter = make({ port: (stranger.address() as { port: number }).port });
    expect(await exporter[INTERNALS].deliver(plainReports(1))).to.deep.equal(['retry']);
    stranger.close();
    expect(exporter.fault?.message)
      .to.match(/another service listens/)
      .and.not.match(/\p{Cc}/u);
  });

  it('survives an idle connection that breaks, and connects again', async () => {
    const exporter = make();
    await exporter[INTERNALS].deliver(plainReports(1));
    standIn.reset();
    // The driver hears of it when the loop looks at its sockets.
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(await exporter[INTERNALS].deliver(plainReports(1))).to.deep.equal(['stored']);
  });

  it('uses a given connection while it is open, then one like it, and never closes it', async () => {
    const { TcpConnection } = await loadDriver();
    const connection = await new Promise<DriverConnection>((resolve, reject) => {
      new TcpConnection(
        { host: '127.0.0.1', port: standIn.port, password: 'right', timeout: 30 },
        (error, open) => (error ? reject(error) : resolve(open)),
      );
    });
    const exporter = make({ connection, host: undefined, port: undefined, password: undefined });
    expect(await exporter[INTERNALS].deliver(plainReports(1))).to.deep.equal(['stored']);
    await connection.close({ noreplyWait: false });
    expect(await exporter[INTERNALS].deliver(plainReports(1))).to.deep.equal(['stored']);
    const other = await new Promise<DriverConnection>((resolve) => {
      new TcpConnection(
        { host: '127.0.0.1', port: standIn.port, password: 'right', timeout: 30 },
        (_, open) => resolve(open),
      );
    });
    const second = make({
      connection: other,
      host: undefined,
      port: undefined,
      password: undefined,
    });
    await second[INTERNALS].deliver(plainReports(1));
    await second.shutdown();
    expect(other.isOpen()).to.equal(true);
    await other.close({ noreplyWait: false });
  });

  it('makes a database again that was dropped, and names what an administrator would run when it may not', async () => {
    const exporter = make();
    await exporter[INTERNALS].deliver(plainReports(1));
    standIn.queries.databases.length = 0;
    standIn.queries.tables.length = 0;
    expect(await exporter[INTERNALS].deliver(plainReports(1))).to.deep.equal(['stored']);
    standIn.queries.tables.length = 0;
    standIn.queries.refuse = (term) => {
      if (term === 'TABLE_CREATE')
        throw new Failure(
          CODES.permission,
          'User `app` does not have the required `config` permission',
        );
    };
    expect(await exporter[INTERNALS].deliver(plainReports(1))).to.deep.equal(['retry']);
    expect(exporter.fault?.message).to.include("r.db('kaneda').tableCreate('gauge')");
  });

  it('hands over what it was given, whatever that is', async () => {
    const exporter = make({ tableName: 'random' });
    const asRead = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    await fc.assert(
      fc.asyncProperty(fc.array(randomReport(), { minLength: 1, maxLength: 20 }), async (sent) => {
        expect(await exporter[INTERNALS].deliver(sent)).to.deep.equal(sent.map(() => 'stored'));
        const found = new Map(
          standIn.queries.documents('kaneda').map((document) => [document.id, document]),
        );
        for (const { id, name, metric, host, fields, tags, timestamp: at } of sent) {
          const labels = Object.keys(tags!).length > 0 ? { tags } : {};
          const written = {
            $reql_type$: 'TIME',
            epoch_time: at.getTime() / 1_000,
            timezone: '+00:00',
          };
          assert.deepStrictEqual(
            found.get(id),
            asRead({ id, name, metric, host, ...fields, ...labels, timestamp: written }),
          );
        }
      }),
      { numRuns: 60 },
    );
  });
});
