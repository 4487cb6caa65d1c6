import { expect } from 'chai';
import { startElasticsearch } from '../../support/servers/elasticsearch.js';
import { requireServer, type Server } from '../../support/servers/server.js';
import { silence } from '../../support/servers/silence.js';

describe('the Elasticsearch fixture', () => {
  let server: Server;
  before(async function () {
    server = await requireServer(this, startElasticsearch, {
      own: true,
      settings: { 'action.auto_create_index': 'allowed*' },
    });
  });
  after(() => server?.stop());

  const call = async (method: string, path: string, body?: object) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(server.url + path, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  it('keeps what it acknowledged over kill -9', async function () {
    this.timeout(120_000);
    expect(await call('PUT', '/allowed/_create/1', { value: 1 })).to.have.property('status', 201);
    await server.kill();
    await server.start();
    expect((await call('GET', '/allowed/_doc/1')).body).to.deep.include({
      found: true,
      _source: { value: 1 },
    });
  });

  it('obeys the settings it was started with', async () => {
    expect(await call('PUT', '/other/_create/1', { value: 1 })).to.have.property('status', 404);
  });

  it('answers nothing while it is frozen', async () => {
    server.pause();
    const answer = call('GET', '/_cluster/health');
    expect(await Promise.race([answer, silence(300)])).to.equal('silence');
    server.resume();
    expect(await answer).to.have.property('status', 200);
  });

  it('wants its password when it has one', async function () {
    const guarded = await requireServer(this, startElasticsearch, { password: 'p4ssword' });
    try {
      const status = async (user: string) => {
        const headers = { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
        return (await fetch(`${guarded.url}/_cluster/health`, { headers })).status;
      };
      expect(await status('elastic:wrong')).to.equal(401);
      expect(await status('elastic:p4ssword')).to.equal(200);
    } finally {
      await guarded.stop();
    }
  });
});
