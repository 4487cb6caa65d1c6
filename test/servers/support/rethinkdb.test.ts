import { expect } from 'chai';
import r from 'rethinkdb';
import { startReqlite, startRethink } from '../../support/servers/rethinkdb.js';
import { requireServer, type Server } from '../../support/servers/server.js';
import { silence } from '../../support/servers/silence.js';

const connect = (server: Server, password = '') => {
  const { hostname, port } = new URL(server.url);
  return r.connect({ host: hostname, port: Number(port), password });
};

describe('the RethinkDB fixture', () => {
  let server: Server;
  before(async function () {
    server = await requireServer(this, startRethink, { own: true });
  });
  after(() => server?.stop());

  it('keeps what it acknowledged over kill -9', async () => {
    const first = await connect(server);
    first.on('error', () => {});
    await r.db('test').tableCreate('kept').run(first);
    await r.db('test').table('kept').insert({ id: 'a' }, { durability: 'hard' }).run(first);
    await server.kill();
    await server.start();
    const second = await connect(server);
    await r.db('test').table('kept').wait().run(second);
    expect(await r.db('test').table('kept').get('a').run(second)).to.deep.equal({ id: 'a' });
    await second.close();
  });

  it('answers nothing while it is frozen', async () => {
    const connection = await connect(server);
    server.pause();
    const answer = r.dbList().run(connection);
    expect(await Promise.race([answer, silence(200)])).to.equal('silence');
    server.resume();
    expect(await answer).to.include('test');
    await connection.close();
  });

  it('wants its password when it has one', async function () {
    const guarded = await requireServer(this, startRethink, { password: 'p4ss' });
    try {
      const connection = await connect(guarded, 'p4ss');
      expect(await r.dbList().run(connection)).to.include('test');
      await connection.close();
    } finally {
      await guarded.stop();
    }
  });
});

describe('the reqlite fixture', () => {
  let server: Server;
  before(async () => {
    server = await startReqlite();
  });
  after(() => server.stop());

  it('shares the wire for inserts and reads', async () => {
    const connection = await connect(server);
    await r.dbCreate('d').run(connection);
    await r.db('d').tableCreate('t').run(connection);
    expect(await r.db('d').table('t').insert({ id: 'a' }).run(connection)).to.have.property(
      'inserted',
      1,
    );
    expect(await r.db('d').table('t').get('a').run(connection)).to.deep.equal({ id: 'a' });
    await connection.close();
  });

  it('comes back after kill -9, with nothing in it', async () => {
    await server.kill();
    await server.start();
    const connection = await connect(server);
    expect(await r.dbList().run(connection)).to.not.include('d');
    await connection.close();
  });
});
