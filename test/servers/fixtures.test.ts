import { expect } from 'chai';
import { Redis } from 'ioredis';
import { startInflux } from './influxdb.js';
import { startRedis } from './redis.js';
import { requireServer, type Server } from './server.js';
import { silence } from './silence.js';

/** Each fixture does what the tests that use it rely on: it starts, comes back after kill -9, freezes, ends. */

describe('the Redis fixture', () => {
  let server: Server;
  let client: Redis;
  before(async function () {
    server = await requireServer(this, startRedis, { own: true, durable: true });
    client = new Redis(server.url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
    client.on('error', () => {});
  });
  after(async () => {
    client?.disconnect();
    await server?.stop();
  });

  it('keeps what it acknowledged over kill -9', async () => {
    await client.set('kept', 'yes');
    await server.kill();
    await server.start();
    expect(await client.get('kept')).to.equal('yes');
  });

  it('answers nothing while it is frozen', async () => {
    server.pause();
    const answer = client.get('kept');
    expect(await Promise.race([answer, silence(200)])).to.equal('silence');
    server.resume();
    expect(await answer).to.equal('yes');
  });

  it('is gone after stop, and keeps its address', async () => {
    const { url } = server;
    await server.stop();
    expect(await refuses(url)).to.equal(true);
    await server.start();
    expect(server.url).to.equal(url);
    expect(await client.get('kept')).to.equal('yes');
  });
});

describe('the InfluxDB fixture', () => {
  let server: Server;
  before(async function () {
    server = await requireServer(this, startInflux, { own: true });
  });
  after(() => server?.stop());

  const query = async (q: string) => {
    const answer = await fetch(`${server.url}/query?db=d`, { method: 'POST', body: new URLSearchParams({ q }) });
    return answer.text();
  };

  it('keeps what it acknowledged over kill -9', async () => {
    await query('CREATE DATABASE d');
    const written = await fetch(`${server.url}/write?db=d`, { method: 'POST', body: 'm value=1 1000000000' });
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

async function refuses(url: string): Promise<boolean> {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.once('error', () => resolve(true));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });
}
