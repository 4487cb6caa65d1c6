import { expect } from 'chai';
import { RethinkConnection } from '../../exporters/stores/rethinkdb/client.js';
import { toDocument } from '../../exporters/stores/rethinkdb/documents.js';
import { type Driver, loadDriver, type Term } from '../../exporters/stores/rethinkdb/driver.js';
import { plainReports } from '../conformance/suites/exporter.js';
import { checkQuery } from '../support/rethinkdb/protocol.js';
import { startReqlite } from '../support/servers/rethinkdb.js';
import type { Server } from '../support/servers/server.js';

/** What reqlite shares with RethinkDB; conflict functions and `wait` it has not. */
describe("RethinkDB's wire, on reqlite", () => {
  let driver: Driver;
  let server: Server;
  let connection: RethinkConnection;
  const run = (term: unknown) => {
    // Reqlite passes over what it does not know.
    checkQuery((term as { build(): unknown }).build());
    return connection.run(term as Term, AbortSignal.timeout(10_000));
  };

  before(async () => {
    server = await startReqlite();
    const settings = { host: '127.0.0.1', port: Number(new URL(server.url).port), timeout: 5 };
    driver = await loadDriver();
    connection = await RethinkConnection.open(driver, settings, AbortSignal.timeout(10_000));
  });
  after(async () => {
    connection?.close();
    await server?.stop();
  });

  it('creates, inserts documents as one JSON text, and reads them back', async () => {
    const { r } = driver;
    await run(r.dbCreate('kaneda'));
    expect(await run(r.dbList())).to.include('kaneda');
    await run(r.db('kaneda').tableCreate('gauge'));
    expect(await run(r.db('kaneda').tableList())).to.deep.equal(['gauge']);
    expect(await run(r.db('kaneda').table('gauge').isEmpty())).to.equal(true);
    const sent = plainReports(10);
    const insert = { durability: 'hard', returnChanges: 'always' } as Parameters<Term['insert']>[1];
    const answer = await run(
      r
        .db('kaneda')
        .table('gauge')
        .insert(r.json(JSON.stringify(sent.map(toDocument))), insert),
    );
    expect(answer).to.include({ inserted: 10, errors: 0 });
    const document = await run(r.db('kaneda').table('gauge').get(sent[3]!.id));
    expect(document).to.deep.include({
      name: 'conformance.plain',
      metric: 'gauge',
      value: 3,
      timestamp: sent[3]!.timestamp,
    });
  });

  it('fails with errors that are told apart, and is closed when its server is gone', async () => {
    const missing = await run(driver.r.db('kaneda').table('none').isEmpty()).catch(
      (error: unknown) => error,
    );
    expect(missing).to.have.property('msg').that.includes('does not exist');
    await server.kill();
    await run(driver.r.dbList()).then(
      () => expect.fail('nobody is there'),
      () => {},
    );
    expect(connection.isOpen()).to.equal(false);
  });
});
