import 'reflect-metadata';
import http from 'node:http';
import { type HttpBindings, serve } from '@hono/node-server';
import Router from '@koa/router';
import { Controller, Get, HttpException, Inject, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { stream } from 'hono/streaming';
import Koa from 'koa';
import mount from 'koa-mount';
import type { RequestTracker } from '../../../../src/cantal/request-tracker.js';
import * as forExpress from '../../../../src/integrations/express.js';
import * as forFastify from '../../../../src/integrations/fastify.js';
import * as forHono from '../../../../src/integrations/hono.js';
import * as forHttp from '../../../../src/integrations/http.js';
import * as forKoa from '../../../../src/integrations/koa.js';
import * as forNest from '../../../../src/integrations/nest.js';
import type { Metrics } from '../../../../src/metrics/metrics.js';

/** What the application's slow route does: tells that it is there, then waits to be let go. */
export class Slow {
  readonly entered: Promise<void>;
  enter: () => void = () => {};
  release: () => void = () => {};
  readonly released: Promise<void>;

  constructor() {
    this.entered = new Promise((resolve) => {
      this.enter = resolve;
    });
    this.released = new Promise((resolve) => {
      this.release = resolve;
    });
  }

  async wait(): Promise<string> {
    this.enter();
    await this.released;
    return 'late';
  }
}

/** Who looks at the requests: one of the two. */
export interface Observer {
  readonly tracker?: RequestTracker;
  readonly metrics?: Metrics;
}

export interface App {
  server: http.Server;
  close(): Promise<unknown>;
}

/**
 * An application of a framework. `/ok`, `/slow`, `/fail` (throws) and `/missing` (404) stand at its root, `/api/users/:id` in a router of
 * its own. If the framework hands out the response, `/stream` answers in pieces, and at `/cut` the server ends the connection.
 */
export interface Framework {
  start(observer: Observer, slow: Slow): Promise<App>;
  /** There are routes `/stream` and `/cut`. */
  readonly cuts: boolean;
  /** The framework knows routes: how it writes `/api/users/:id`, and the route of `/ok`. */
  readonly routes?: { readonly user: string; readonly ok: string };
}

/** An observer as the framework takes it. */
const chosen = <T>(
  { tracker, metrics }: Observer,
  of: { trackRequests(tracker: RequestTracker): T; httpMetrics(metrics: Metrics): T },
): T => (tracker === undefined ? of.httpMetrics(metrics!) : of.trackRequests(tracker));

const closing = (server: http.Server): App => ({ server, close: async () => server.close() });

function inPieces(response: http.ServerResponse): void {
  response.write('one');
  setImmediate(() => response.end('two'));
}

const plain: Framework['start'] = async ({ tracker, metrics }, slow) => {
  const server = http.createServer((request, response) => {
    if (request.url === '/slow') void slow.wait().then((text) => response.end(text));
    else if (request.url === '/stream') inPieces(response);
    else if (request.url === '/cut') response.write('half', () => request.socket.destroy());
    else {
      const found = request.url === '/ok' || request.url?.startsWith('/api/');
      response.statusCode = found ? 200 : request.url === '/missing' ? 404 : 503;
      response.end('done');
    }
  });
  if (tracker !== undefined) forHttp.trackRequests(server, tracker);
  if (metrics !== undefined) forHttp.httpMetrics(metrics)(server);
  return closing(server);
};

const withExpress: Framework['start'] = async (observer, slow) => {
  const app = express();
  app.use(chosen(observer, forExpress));
  app.get('/ok', (_request, response) => void response.send('done'));
  app.get('/fail', async () => {
    throw new Error('thrown');
  });
  app.get('/slow', async (_request, response) => void response.send(await slow.wait()));
  app.get('/stream', (_request, response) => inPieces(response));
  app.get('/cut', (_request, response) => {
    response.write('half');
    throw new Error('thrown after the head was sent');
  });
  const users = express.Router();
  users.get('/users/:id', ({ params }, response) => {
    if (params.id === 'bad') throw new Error('thrown');
    response.send(params.id);
  });
  app.use('/api', users);
  app.use(
    (
      _error: unknown,
      _request: express.Request,
      response: express.Response,
      _next: express.NextFunction,
    ) => {
      if (response.headersSent) response.socket?.destroy();
      else response.status(500).end();
    },
  );
  return closing(http.createServer(app));
};

const withFastify: Framework['start'] = async (observer, slow) => {
  const app = fastify();
  app.register(chosen(observer, forFastify));
  app.register(async (scope) => {
    scope.get('/ok', async () => 'done');
    scope.get('/fail', async () => {
      throw new Error('thrown');
    });
    scope.get('/slow', () => slow.wait());
    scope.get('/stream', (_request, reply) => {
      reply.hijack();
      inPieces(reply.raw);
    });
    scope.get('/cut', (request, reply) => {
      reply.hijack();
      reply.raw.write('half', () => request.raw.socket.destroy());
    });
  });
  app.register(
    async (scope) => {
      scope.get<{ Params: { id: string } }>('/users/:id', async ({ params }) => {
        if (params.id === 'bad') throw new Error('thrown');
        return params.id;
      });
    },
    { prefix: '/api' },
  );
  await app.ready();
  return { server: app.server, close: () => app.close() };
};

const SLOW = Symbol('slow');

class Things {
  constructor(private readonly slow: Slow) {}

  one(name: string): Promise<string> | string {
    if (name === 'slow') return this.slow.wait();
    if (name === 'fail') throw new Error('thrown');
    if (name === 'missing') throw new HttpException('no such thing', 404);
    return 'done';
  }
}

class Users {
  user(id: string): string {
    if (id === 'bad') throw new Error('thrown');
    return id;
  }
}

// Decorated by hand: the tests' transpiler emits no parameter decorators.
const descriptorOf = (of: object, method: string): PropertyDescriptor =>
  Object.getOwnPropertyDescriptor(of, method) as PropertyDescriptor;
Inject(SLOW)(Things, undefined, 0);
Param('name')(Things.prototype, 'one', 0);
Get(':name')(Things.prototype, 'one', descriptorOf(Things.prototype, 'one'));
Controller()(Things);
Param('id')(Users.prototype, 'user', 0);
Get('users/:id')(Users.prototype, 'user', descriptorOf(Users.prototype, 'user'));
Controller('api')(Users);

function rootOf(slow: Slow): new () => object {
  class Root {}
  Module({ controllers: [Things, Users], providers: [{ provide: SLOW, useValue: slow }] })(Root);
  return Root;
}

const withNest: Framework['start'] = async (observer, slow) => {
  const app = await NestFactory.create(rootOf(slow), { logger: false });
  app.use(chosen(observer, forNest));
  await app.init();
  return { server: app.getHttpServer() as http.Server, close: () => app.close() };
};

const withNestOnFastify: Framework['start'] = async (observer, slow) => {
  const app = await NestFactory.create<NestFastifyApplication>(rootOf(slow), new FastifyAdapter(), {
    logger: false,
  });
  await app.register(chosen(observer, forNest));
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return { server: app.getHttpServer() as unknown as http.Server, close: () => app.close() };
};

const withHono: Framework['start'] = async (observer, slow) => {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(chosen(observer, forHono));
  app.use('/api/*', (_context, next) => next());
  app.get('/ok', (context) => context.text('done'));
  app.get('/fail', () => {
    throw new Error('thrown');
  });
  app.get('/missing', () => {
    throw new HTTPException(404);
  });
  app.get('/slow', async (context) => context.text(await slow.wait()));
  app.get('/stream', (context) =>
    stream(context, async (out) => {
      await out.write('one');
      await out.write('two');
    }),
  );
  app.get('/cut', (context) => {
    context.env.outgoing.write('half', () => context.env.incoming.socket.destroy());
    return new Promise<Response>(() => {});
  });
  const users = new Hono();
  users.get('/users/:id', (context) => {
    if (context.req.param('id') === 'bad') throw new Error('thrown');
    return context.text('user');
  });
  app.route('/api', users);
  app.onError((error, context) =>
    error instanceof HTTPException ? error.getResponse() : context.text('failed', 500),
  );
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as http.Server;
  return closing(server);
};

const withKoa: Framework['start'] = async (observer, slow) => {
  const app = new Koa();
  app.silent = true;
  app.use(chosen(observer, forKoa));
  const router = new Router();
  router.get('/ok', (context) => {
    context.body = 'done';
  });
  router.get('/fail', () => {
    throw new Error('thrown');
  });
  router.get('/slow', async (context) => {
    context.body = await slow.wait();
  });
  router.get('/stream', (context) => {
    context.respond = false;
    context.status = 200;
    inPieces(context.res);
  });
  router.get('/cut', (context) => {
    context.respond = false;
    context.status = 200;
    context.res.write('half', () => context.req.socket.destroy());
  });
  const users = new Router({ prefix: '/users' });
  users.get('/:id', (context) => {
    if (context.params.id === 'bad') throw new Error('thrown');
    context.body = context.params.id;
  });
  app.use(router.routes());
  app.use(mount('/api', users.routes() as never));
  return closing(http.createServer(app.callback()));
};

const SAME = { ok: '/ok', user: '/api/users/:id' };
const BY_NEST = { ok: '/:name', user: '/api/users/:id' };

/** The frameworks by name. */
export const FRAMEWORKS: Readonly<Record<string, Framework>> = {
  'node:http': { start: plain, cuts: true },
  Express: { start: withExpress, cuts: true, routes: SAME },
  Fastify: { start: withFastify, cuts: true, routes: SAME },
  'NestJS on Express': { start: withNest, cuts: false, routes: BY_NEST },
  'NestJS on Fastify': { start: withNestOnFastify, cuts: false, routes: BY_NEST },
  Hono: { start: withHono, cuts: true, routes: SAME },
  Koa: { start: withKoa, cuts: true, routes: SAME },
};
