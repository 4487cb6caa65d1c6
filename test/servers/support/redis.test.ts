import { connect } from 'node:net';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { startRedis } from '../../support/servers/redis.js';
import { requireServer, type Server } from '../../support/servers/server.js';
import { silence } from '../../support/servers/silence.js';

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

function refuses(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.once('error', () => resolve(true));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });
}
