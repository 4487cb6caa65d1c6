import http from 'node:http';
import { expect } from 'chai';
import { type FakeMetrics, fakeMetrics } from '../../../../src/testing/index.js';
import { until } from '../../../support/until.js';
import { type App, FRAMEWORKS, Slow } from './apps.js';
import { abort, get, listen } from './clients.js';

const DURATION = 'http.server.request.duration';
const ACTIVE = 'http.server.active_requests';
const OF_GET = { 'http.request.method': 'GET', 'url.scheme': 'http' };

/** The tags of each request that ended, in order. */
const tagsOf = (metrics: FakeMetrics) => metrics.recorded.byName(DURATION).map(({ tags }) => tags);

for (const [name, { start, cuts, routes }] of Object.entries(FRAMEWORKS)) {
  describe(`httpMetrics of ${name}`, () => {
    let metrics: FakeMetrics;
    let slow: Slow;
    let app: App;
    let port: number;
    const ended = (count: number) => until(() => tagsOf(metrics).length >= count);
    const route = (path: string | undefined) => (routes && path ? { 'http.route': path } : {});

    beforeEach(async () => {
      metrics = fakeMetrics();
      slow = new Slow();
      app = await start({ metrics }, slow);
      port = await listen(app.server);
    });

    afterEach(async () => {
      slow.release();
      app.server.closeAllConnections();
      await app.close();
      expect(metrics.ledger().refused).to.deep.equal({});
    });

    it('measures requests over one connection by method, route and status', async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      for (let i = 0; i < 3; i++) expect(await get(port, '/ok', agent)).to.equal(200);
      await ended(3);
      agent.destroy();
      const expected = { ...OF_GET, 'http.response.status_code': 200, ...route(routes?.ok) };
      expect(tagsOf(metrics)).to.deep.equal([expected, expected, expected]);
      for (const seconds of metrics.recorded.timings(DURATION)) expect(seconds).to.be.within(0, 60);
      expect(metrics.recorded.gauge(ACTIVE, OF_GET)).to.equal(0);
    });

    it("reports the template of a router's route, whatever the path is", async () => {
      for (const id of ['1', '2', 'b%20c']) await get(port, `/api/users/${id}?x=${id}`);
      await ended(3);
      const expected = { ...OF_GET, 'http.response.status_code': 200, ...route(routes?.user) };
      expect(tagsOf(metrics)).to.deep.equal([expected, expected, expected]);
    });

    it('reports no route where none was found', async () => {
      await get(port, '/missing');
      await get(port, '/not/there/1');
      await ended(2);
      const [, unknown] = tagsOf(metrics);
      expect(unknown).to.not.have.property('http.route');
      if (routes) expect(unknown).to.have.property('http.response.status_code', 404);
      expect(tagsOf(metrics)[0]).to.not.have.property('error.type');
    });

    it('marks what fails, with its route', async () => {
      await get(port, '/fail');
      await ended(1);
      const [tags] = tagsOf(metrics);
      const status = (tags as Record<string, unknown>)['http.response.status_code'];
      expect(status).to.be.at.least(500);
      expect(tags).to.have.property('error.type', String(status));
      if (!routes) return;
      await get(port, '/api/users/bad');
      await ended(2);
      expect(tagsOf(metrics)[1]).to.deep.equal({
        ...OF_GET,
        'http.route': routes.user,
        'http.response.status_code': 500,
        'error.type': '500',
      });
    });

    it('counts what is in progress, and marks what the client gives up', async () => {
      await abort(port, '/slow', slow.entered);
      await ended(1);
      const active = metrics.recorded.byName(ACTIVE).map(({ value }) => value);
      expect(active).to.deep.equal([1, 0]);
      const [tags] = tagsOf(metrics);
      expect(tags).to.have.property('error.type', 'aborted');
      expect(tags).to.not.have.property('http.response.status_code');
    });

    it('reports HEAD by name, and a method that is not well known as _OTHER', async () => {
      await get(port, '/ok', undefined, 'HEAD');
      await get(port, '/ok', undefined, 'PROPFIND');
      await ended(2);
      const methods = tagsOf(metrics).map(
        (tags) => (tags as Record<string, unknown>)['http.request.method'],
      );
      expect(methods).to.deep.equal(['HEAD', '_OTHER']);
    });

    if (cuts) {
      it('measures a response that is sent in pieces, once', async () => {
        expect(await get(port, '/stream')).to.equal(200);
        await ended(1);
        expect(tagsOf(metrics)).to.have.length(1);
        expect(tagsOf(metrics)[0]).to.not.have.property('error.type');
      });

      it('marks what the server cuts off', async () => {
        await get(port, '/cut').catch(() => {});
        await ended(1);
        expect(tagsOf(metrics)[0]).to.include({
          'error.type': 'reset',
          'http.response.status_code': 200,
        });
      });
    }
  });
}
