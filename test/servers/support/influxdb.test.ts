import { expect } from 'chai';
import { startInflux } from '../../support/servers/influxdb.js';
import { requireServer, type Server } from '../../support/servers/server.js';
import { silence } from '../../support/servers/silence.js';

describe('the InfluxDB fixture', () => {
  let server: Server;
  before(async function () {
    server = await requireServer(this, startInflux, { own: true });
  });
  after(() => server?.stop());

  const query = async (q: string) => {
    const answer = await fetch(`${server.url}/query?db=d`, {
      method: 'POST',
      body: new URLSearchParams({ q }),
    });
    return answer.text();
  };

  it('keeps what it acknowledged over kill -9', async () => {
    await query('CREATE DATABASE d');
    const written = await fetch(`${server.url}/write?db=d`, {
      method: 'POST',
      body: 'm value=1 1000000000',
    });
    expect(written.status).to.equal(204);
    await server.kill();
    await server.start();
    expect(await query('SELECT value FROM m')).to.include('"1970-01-01T00:00:01Z",1');
  });

  it('answers nothing while it is frozen', async () => {
    server.pause();
    const answer = query('SHOW DATABASES');
    expect(await Promise.race([answer, silence(200)])).to.equal('silence');
    server.resume();
    expect(await answer).to.include('"d"');
  });

  it('wants its password when it has one', async function () {
    const guarded = await requireServer(this, startInflux, { password: 'p4ss' });
    try {
      const ask = (user: string) => fetch(`${guarded.url}/query?q=SHOW+DATABASES${user}`);
      expect((await ask('')).status).to.equal(401);
      expect((await ask('&u=admin&p=p4ss')).status).to.equal(200);
    } finally {
      await guarded.stop();
    }
  });
});
