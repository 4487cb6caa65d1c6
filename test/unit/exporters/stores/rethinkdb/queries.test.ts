import { expect } from 'chai';
import { INTERNALS } from '../../../../../exporters/delivery/internals.js';
import { queryOf } from '../../../../../exporters/reading/query.js';
import { loadDriver, type Queries as R } from '../../../../../exporters/stores/rethinkdb/driver.js';
import { plainReports } from '../../../../conformance/suites/exporter.js';
import { UnsettledRethinkExporter } from '../../../../support/rethinkdb/exporter.js';
import {
  checkQuery,
  isTerm,
  nameOf,
  parametersOf,
  type WireTerm,
} from '../../../../support/rethinkdb/protocol.js';
import { type RethinkStandIn, startStandIn } from '../../../../support/rethinkdb/wire.js';

/** All terms of a built query, the outermost first. */
function termsIn(value: unknown): WireTerm[] {
  if (!isTerm(value))
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(termsIn) : [];
  const [, args = [], options = {}] = value;
  return [value, ...args.flatMap(termsIn), ...Object.values(options).flatMap(termsIn)];
}

describe("The RethinkExporter's built queries", () => {
  let standIn: RethinkStandIn;
  let built: unknown[];
  let exporter: UnsettledRethinkExporter;

  beforeEach(async () => {
    standIn = await startStandIn('right');
    built = [];
    const run = standIn.queries.run.bind(standIn.queries);
    standIn.queries.run = (query) => {
      built.push(query);
      return run(query);
    };
    exporter = new UnsettledRethinkExporter({
      host: '127.0.0.1',
      port: standIn.port,
      password: 'right',
      timeout: 10,
    });
  });
  afterEach(async () => {
    await exporter.shutdown({ timeout: 100 });
    await standIn.close();
  });

  /** Goes every way through the exporter: set-up, writing, refusals, duplicates of a table, reading back. */
  async function everyWay(): Promise<void> {
    const signal = AbortSignal.timeout(10_000);
    await exporter[INTERNALS].look({ signal });
    await exporter[INTERNALS].setup({ signal });
    standIn.queries.refuseDocument = ({ value }) => (value === 1 ? 'refused' : undefined);
    const reports = plainReports(3);
    await exporter[INTERNALS].deliver(reports);
    await exporter[INTERNALS].examine(reports[0]!, { signal });
    const query = queryOf({ since: 1, until: Date.now() + 1, names: ['n'], metrics: ['gauge'] });
    for await (const _ of exporter[INTERNALS].readStored(query));
    // A table that another process made is looked at before it is used.
    standIn.queries.createTable('kaneda', 'made-elsewhere');
    await exporter[INTERNALS].deliver(
      reports.map((report) => ({ ...report, metric: 'made-elsewhere' })),
    );
    const [table] = standIn.queries.tables;
    standIn.queries.tables.push({ ...table!, id: 'zz', name: 'other' });
    standIn.queries.tables.push({ ...table!, id: 'zzz', name: 'other' });
    await exporter[INTERNALS].deliver(reports.map((report) => ({ ...report, metric: 'other' })));
  }

  it('follow the rules of the protocol on every way through the exporter', async () => {
    await everyWay();
    expect(built.length).to.be.above(20);
    for (const query of built) expect(() => checkQuery(query)).not.to.throw();
    const names = new Set(built.flatMap(termsIn).map(nameOf));
    expect([...names].sort()).to.deep.equal(
      [
        'BETWEEN',
        'COERCE_TO',
        'CONTAINS',
        'DB',
        'DB_CREATE',
        'DB_LIST',
        'DELETE',
        'EPOCH_TIME',
        'FILTER',
        'FUNC',
        'GET',
        'GE',
        'GET_FIELD',
        'INSERT',
        'IS_EMPTY',
        'JSON',
        'LIMIT',
        'LT',
        'MAKE_ARRAY',
        'MAXVAL',
        'MINVAL',
        'ORDER_BY',
        'TABLE',
        'TABLE_CREATE',
        'TABLE_LIST',
        'VAR',
        'WAIT',
      ].sort(),
    );
  });

  it('resolve a conflict by a function of three parameters that keeps what is stored', async () => {
    await everyWay();
    const inserts = built.flatMap(termsIn).filter((term) => nameOf(term) === 'INSERT');
    expect(inserts).not.to.have.lengthOf(0);
    for (const [, , options] of inserts) {
      const { conflict } = options as { conflict: WireTerm };
      expect(nameOf(conflict)).to.equal('FUNC');
      const parameters = parametersOf(conflict);
      expect(parameters).to.have.lengthOf(3);
      const [, body] = conflict[1]!;
      expect(nameOf(body as WireTerm)).to.equal('VAR');
      expect((body as WireTerm)[1]).to.deep.equal([parameters[1]]);
    }
  });

  it('leave a report as it is when it is delivered a second time', async () => {
    const reports = plainReports(3);
    await exporter[INTERNALS].deliver(reports);
    const changed = reports.map((report) => ({ ...report, value: 99 }));
    expect(await exporter[INTERNALS].deliver(changed)).to.deep.equal([
      'stored',
      'stored',
      'stored',
    ]);
    expect(standIn.queries.documents('kaneda').map(({ value }) => value)).to.have.members([
      0, 1, 2,
    ]);
  });
});

const { r } = await loadDriver();

describe('The stand-in for RethinkDB', () => {
  const query = (make: (queries: R) => object): unknown =>
    (make(r) as { build(): unknown }).build();
  const insert = (options: object): unknown =>
    query(({ db, json }) =>
      db('a')
        .table('b')
        .insert(json('[]'), options as never),
    );

  for (const [what, built, reason] of [
    [
      'a conflict function of two parameters',
      insert({ conflict: (_id: unknown, stored: unknown) => stored }),
      /should expect 3 arguments/,
    ],
    ['an unknown option', insert({ upsert: true }), /Unrecognized optional argument `upsert`/],
    ["an option's wrong value", insert({ durability: 'firm' }), /"firm"/],
    ['an unknown term', [9_999, []], /no term 9999/],
    ['a term that the exporter has no rule for', [103, []], /NOW/],
    ['an argument too many', [59, ['a']], /Expected 0 to 0 arguments but found 1/],
    ['a fault deep inside', [51, [[59, ['a']], 'array']], /Expected 0 to 0/],
    ['a fault inside an option', insert({ conflict: () => [59, ['a']] }), /expect 3 arguments/],
  ] as const)
    it(`refuses ${what}`, () => {
      expect(() => checkQuery(built)).to.throw(reason);
    });
});
