import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import Router from '@koa/router';
import { expect } from 'chai';
import { Hono } from 'hono';
import Koa from 'koa';
import { httpMetrics as forHono, trackRequests } from '../../../../src/integrations/hono.js';
import { httpMetrics as forHttp } from '../../../../src/integrations/http.js';
import { httpMetrics as forKoa } from '../../../../src/integrations/koa.js';
import { type FakeMetrics, fakeMetrics } from '../../../../src/testing/index.js';
import { until } from '../../../support/until.js';
import { close, get, listen, shown, tracker } from './clients.js';

const DURATION = 'http.server.request.duration';
const tagsOf = (metrics: FakeMetrics) =>
  metrics.recorded.byName(DURATION).map(({ tags }) => tags as Record<string, unknown>);
const routesIn = (metrics: FakeMetrics) => tagsOf(metrics).map((tags) => tags['http.route']);

/** Sends the requests to a server, and waits until all are measured. */
async function ask(server: http.Server, metrics: FakeMetrics, paths: readonly string[]) {
  const before = metrics.recorded.timings(DURATION).length;
  const port = await listen(server);
  for (const path of paths) await get(port, path);
  await until(() => metrics.recorded.timings(DURATION).length >= before + paths.length);
  await close(server);
}

describe('httpMetrics of node:http', () => {
  let metrics: FakeMetrics;
  beforeEach(() => {
    metrics = fakeMetrics();
  });

  it('measures a listener that it wraps, by the routes that a function names', async () => {
    const measure = forHttp(metrics, {
      route: ({ url }: http.IncomingMessage) =>
        url!.startsWith('/users/') ? '/users/:id' : undefined,
    });
    const listener: http.RequestListener = (_request, response) => void response.end('done');
    await ask(http.createServer(measure(listener)), metrics, ['/users/1', '/other']);
    expect(routesIn(metrics)).to.deep.equal(['/users/:id', undefined]);
  });

  it('survives a function for routes that throws, and counts the request', async () => {
    const measure = forHttp(metrics, {
      route: () => {
        throw new Error('not my route');
      },
    });
    const server = measure(http.createServer((_request, response) => void response.end()));
    await ask(server, metrics, ['/a']);
    expect(tagsOf(metrics)).to.deep.equal([
      { 'http.request.method': 'GET', 'url.scheme': 'http', 'http.response.status_code': 200 },
    ]);
    expect(metrics.recorded.gauge('http.server.active_requests')).to.equal(0);
  });

  it('bounds the routes, whatever the function names', async () => {
    const measure = forHttp(metrics, { route: ({ url }: http.IncomingMessage) => url });
    const server = measure(http.createServer((_request, response) => void response.end()));
    await ask(
      server,
      metrics,
      Array.from({ length: 1_010 }, (_, i) => `/raw/${i}`),
    );
    expect(new Set(routesIn(metrics))).to.have.property('size', 1_001);
    expect(routesIn(metrics).slice(-10)).to.deep.equal(Array(10).fill('__other__'));
  });

  it('measures a request once that several places look at', async () => {
    const server = http.createServer(
      forHttp(metrics)((_request: unknown, response: http.ServerResponse) => void response.end()),
    );
    forHttp(metrics, { route: () => '/named' })(server);
    await ask(server, metrics, ['/a']);
    expect(routesIn(metrics)).to.deep.equal(['/named']);
    const active = metrics.recorded.byName('http.server.active_requests');
    expect(active.map(({ value }) => value)).to.deep.equal([1, 0]);
  });

  it('tells https from http', async () => {
    const file = (name: string) =>
      readFileSync(new URL(`../../../support/tls/${name}.pem`, import.meta.url));
    const server = forHttp(metrics)(
      https.createServer({ key: file('key'), cert: file('certificate') }, (_request, response) => {
        response.end();
      }),
    );
    const port = await listen(server);
    https.get({ port, host: '127.0.0.1', rejectUnauthorized: false }, (answer) => answer.resume());
    await until(() => metrics.recorded.timings(DURATION).length === 1);
    server.closeAllConnections();
    server.close();
    expect(tagsOf(metrics)[0]).to.have.property('url.scheme', 'https');
  });
});

describe('httpMetrics of Koa', () => {
  it('reports prefixes, nested routers with parameters, and expressions', async () => {
    const metrics = fakeMetrics();
    const app = new Koa();
    app.use(forKoa(metrics));
    const posts = new Router();
    posts.get('/posts/:post', (context) => {
      context.body = 'post';
    });
    const users = new Router({ prefix: '/v1' });
    users.get(/^\/t\d+$/, (context) => {
      context.body = 'expression';
    });
    users.use('/users/:user', posts.routes());
    app.use(users.routes()).use(users.allowedMethods());
    await ask(http.createServer(app.callback()), metrics, ['/v1/users/1/posts/2', '/v1/users/1']);
    expect(routesIn(metrics)).to.deep.equal(['/v1/users/:user/posts/:post', undefined]);
  });
});

describe('httpMetrics of Hono', () => {
  let metrics: FakeMetrics;
  let app: Hono;
  beforeEach(() => {
    metrics = fakeMetrics();
    app = new Hono();
    app.use(forHono(metrics));
  });

  it('reports the whole template of nested applications, with an error handler of their own too', async () => {
    const posts = new Hono();
    posts.get('/:post', (context) => context.text('post'));
    const users = new Hono();
    users.onError((_error, context) => context.text('failed', 503));
    users.get('/:user', () => {
      throw new Error('thrown');
    });
    users.route('/:user/posts', posts);
    app.route('/v1/users', users);
    await app.request('/v1/users/1/posts/2');
    await app.request('https://shop.example/v1/users/1');
    expect(tagsOf(metrics)).to.deep.equal([
      {
        'http.request.method': 'GET',
        'url.scheme': 'http',
        'http.route': '/v1/users/:user/posts/:post',
        'http.response.status_code': 200,
      },
      {
        'http.request.method': 'GET',
        'url.scheme': 'https',
        'http.route': '/v1/users/:user',
        'http.response.status_code': 503,
        'error.type': '503',
      },
    ]);
  });

  it('reports the middleware that answers, and no route where only middleware ran', async () => {
    app.use('/admin/*', async (context, next) => {
      if (context.req.path === '/admin/secret') return context.text('no', 401);
      return next();
    });
    app.all('/all/:id', (context) => context.notFound());
    await app.request('/admin/secret');
    await app.request('/admin/nothing');
    await app.request('/nothing');
    await app.request('/all/1');
    expect(routesIn(metrics)).to.deep.equal(['/admin/*', undefined, undefined, '/all/:id']);
  });

  it('passes on what a handler throws that Hono does not catch, by its name', async () => {
    app.get('/odd', () => {
      throw 'a text';
    });
    const thrown = await Promise.resolve(app.request('/odd')).catch((error: unknown) => error);
    expect(thrown).to.equal('a text');
    expect(tagsOf(metrics)[0]).to.include({ 'error.type': 'string', 'http.route': '/odd' });
    expect(metrics.recorded.gauge('http.server.active_requests')).to.equal(0);
  });

  it('has a tracker for runtimes without a response of Node', async () => {
    const requests = tracker();
    const tracked = new Hono();
    tracked.use(trackRequests(requests));
    tracked.get('/ok', (context) => context.text('done'));
    tracked.get('/fail', () => {
      throw new Error('thrown');
    });
    tracked.onError((_error, context) => context.text('failed', 500));
    await tracked.request('/ok');
    await tracked.request('/fail');
    expect(shown(requests)).to.deep.equal({ requests: 2, errors: 1, inProgress: 0 });
  });
});
