import http from 'node:http';
import { expect } from 'chai';
import express from 'express';
import { httpMetrics } from '../../../../src/integrations/express.js';
import { type FakeMetrics, fakeMetrics } from '../../../../src/testing/index.js';
import { until } from '../../../support/until.js';
import { close, get, listen } from './clients.js';

// @ts-expect-error it has no types of its own; those of Express 5 fit what is used here
const { default: express4 } = await import('express-4');

const DURATION = 'http.server.request.duration';

/** The routes of requests, in their order; `undefined` for those without. */
async function routesOf(
  app: http.RequestListener,
  metrics: FakeMetrics,
  paths: readonly string[],
): Promise<unknown[]> {
  const server = http.createServer(app);
  const port = await listen(server);
  for (const path of paths) await get(port, path);
  await until(() => metrics.recorded.timings(DURATION).length === paths.length);
  await close(server);
  return metrics.recorded
    .byName(DURATION)
    .map(({ tags }) => (tags as Record<string, unknown>)['http.route']);
}

for (const [name, make] of [
  ['Express 5', express],
  ['Express 4', express4 as unknown as typeof express],
] as const) {
  describe(`the routes of ${name}`, () => {
    let metrics: FakeMetrics;
    let app: express.Express;
    const answer: express.RequestHandler = (_request, response) => void response.send('done');

    beforeEach(() => {
      metrics = fakeMetrics();
      app = make();
      app.set('env', 'test');
      app.use(httpMetrics(metrics));
    });

    it('are templates through routers that are mounted at parameters', async () => {
      const posts = make.Router();
      posts.get('/:post', answer);
      posts.get('/', answer);
      const users = make.Router();
      users.use('/users/:user/posts', posts);
      app.use('/orgs/:org', users);
      const paths = [
        '/orgs/a/users/1/posts/7',
        '/orgs/users/users/a/posts/a',
        '/orgs/b/users/2/posts',
      ];
      expect(await routesOf(app, metrics, paths)).to.deep.equal([
        '/orgs/:org/users/:user/posts/:post',
        '/orgs/:org/users/:user/posts/:post',
        '/orgs/:org/users/:user/posts',
      ]);
    });

    it('are templates where routers merge their parameters', async () => {
      const inner = make.Router({ mergeParams: true });
      inner.get('/:c', answer);
      const outer = make.Router({ mergeParams: true });
      outer.use('/b/:b', inner);
      app.use('/a/:a', outer);
      const paths = ['/a/1/b/2/3', '/a/x%20y/b/x%2Fy/z', '/a/b/b/a/b'];
      expect(await routesOf(app, metrics, paths)).to.deep.equal(Array(3).fill('/a/:a/b/:b/:c'));
    });

    it('are templates where an application is mounted, and where an error leaves a router', async () => {
      const admin = make();
      admin.get('/users/:id', () => {
        throw new Error('thrown');
      });
      app.use('/admin/v:version', admin);
      app.use(((_error, _request, response, _next) => {
        response.status(500).end();
      }) as express.ErrorRequestHandler);
      const paths = ['/admin/v2/users/1', '/admin/v10/users/2', '/admin/v2/nothing/3'];
      expect(await routesOf(app, metrics, paths)).to.deep.equal([
        '/admin/v:version/users/:id',
        '/admin/v:version/users/:id',
        undefined,
      ]);
    });

    it('are expressions and lists as they were written', async () => {
      app.get(/^\/t(\d+)$/, answer);
      app.get(['/one', '/two/:id'], answer);
      expect(await routesOf(app, metrics, ['/t1', '/t2', '/one', '/two/5'])).to.deep.equal([
        '/^\\/t(\\d+)$/',
        '/^\\/t(\\d+)$/',
        '/one,/two/:id',
        '/one,/two/:id',
      ]);
    });

    it('take the spelling of a path that was seen first', async () => {
      const router = make.Router();
      router.get('/x', answer);
      app.use('/Api', router);
      expect(await routesOf(app, metrics, ['/Api/x', '/aPI/x'])).to.deep.equal([
        '/Api/x',
        '/Api/x',
      ]);
    });

    it('are bounded where routers are mounted at an expression', async () => {
      const router = make.Router();
      router.get('/x', answer);
      app.use(/^\/tenant-\d+/, router);
      const paths = Array.from({ length: 120 }, (_, i) => `/tenant-${i}/x`);
      const routes = new Set(await routesOf(app, metrics, paths));
      expect(routes).to.have.property('size', 101);
      expect(routes).to.include('/__other__/x');
    });

    it('leave the request as the application expects it', async () => {
      const seen: unknown[] = [];
      const router = make.Router();
      router.get('/:id', (request, response) => {
        seen.push(request.baseUrl, request.route.path, Object.keys(request).includes('baseUrl'));
        response.end();
      });
      app.use('/things/:kind', router);
      await routesOf(app, metrics, ['/things/a/1']);
      expect(seen).to.deep.equal(['/things/a', '/:id', true]);
    });
  });
}
