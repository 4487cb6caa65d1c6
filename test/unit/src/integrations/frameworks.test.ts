import 'reflect-metadata';
import http from 'node:http';
import type { Server } from 'node:net';
import { Controller, Get, HttpException, Inject, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect } from 'chai';
import express from 'express';
import fastify from 'fastify';
import type { RequestTracker } from '../../../../src/cantal/request-tracker.js';
import { trackRequests as expressTracker } from '../../../../src/integrations/express.js';
import { trackRequests as fastifyTracker } from '../../../../src/integrations/fastify.js';
import { trackRequests as httpTracker } from '../../../../src/integrations/http.js';
import { trackRequests as nestTracker } from '../../../../src/integrations/nest.js';
import { abort, get, listen, shown, tracker, until } from './clients.js';

/** What the application's slow route does: says that it is there, then waits to be let go. */
class Slow {
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

interface App {
  server: http.Server;
  close(): Promise<unknown>;
}

type Start = (tracker: RequestTracker, slow: Slow) => Promise<App>;

const plain: Start = async (requests, slow) => {
  const server = http.createServer((request, response) => {
    if (request.url === '/slow') void slow.wait().then((text) => response.end(text));
    else if (request.url === '/cut') response.write('half', () => request.socket.destroy());
    else {
      response.statusCode = request.url === '/ok' ? 200 : request.url === '/missing' ? 404 : 503;
      response.end('done');
    }
  });
  httpTracker(server, requests);
  return { server, close: async () => server.close() };
};

const withExpress: Start = async (requests, slow) => {
  const app = express();
  app.use(expressTracker(requests));
  app.get('/ok', (_request, response) => void response.send('done'));
  app.get('/fail', async () => {
    throw new Error('thrown');
  });
  app.get('/slow', async (_request, response) => void response.send(await slow.wait()));
  app.get('/cut', (_request, response) => {
    response.write('half');
    throw new Error('thrown after the head was sent');
  });
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
  const server = http.createServer(app);
  return { server, close: async () => server.close() };
};

const withFastify: Start = async (requests, slow) => {
  const app = fastify();
  app.register(fastifyTracker(requests));
  app.register(async (scope) => {
    scope.get('/ok', async () => 'done');
    scope.get('/fail', async () => {
      throw new Error('thrown');
    });
    scope.get('/slow', () => slow.wait());
    scope.get('/cut', (request, reply) => {
      reply.hijack();
      reply.raw.write('half', () => request.raw.socket.destroy());
    });
  });
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

// Decorated by hand: the tests' transpiler emits no parameter decorators.
Inject(SLOW)(Things, undefined, 0);
Param('name')(Things.prototype, 'one', 0);
Get(':name')(
  Things.prototype,
  'one',
  Object.getOwnPropertyDescriptor(Things.prototype, 'one') as PropertyDescriptor,
);
Controller()(Things);

const withNest: Start = async (requests, slow) => {
  class Root {}
  Module({ controllers: [Things], providers: [{ provide: SLOW, useValue: slow }] })(Root);
  const app = await NestFactory.create(Root, { logger: false });
  app.use(nestTracker(requests));
  await app.init();
  return { server: app.getHttpServer() as http.Server, close: () => app.close() };
};

const APPS: Record<string, { start: Start; cuts: boolean }> = {
  'node:http': { start: plain, cuts: true },
  Express: { start: withExpress, cuts: true },
  Fastify: { start: withFastify, cuts: true },
  NestJS: { start: withNest, cuts: false },
};

for (const [name, { start, cuts }] of Object.entries(APPS)) {
  describe(`requests of ${name}`, () => {
    let requests: RequestTracker;
    let slow: Slow;
    let app: App;
    let port: number;

    beforeEach(async () => {
      requests = tracker();
      slow = new Slow();
      app = await start(requests, slow);
      port = await listen(app.server as Server);
    });

    afterEach(async () => {
      slow.release();
      app.server.closeAllConnections();
      await app.close();
    });

    it('are counted and timed, over one connection too', async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      for (let i = 0; i < 3; i++) expect(await get(port, '/ok', agent)).to.equal(200);
      await until(() => requests.inProgress.get() === 0);
      agent.destroy();
      expect(shown(requests)).to.deep.equal({ requests: 3, errors: 0, inProgress: 0 });
    });

    it('fail by a status of 500 or more, and by what a handler throws', async () => {
      expect(await get(port, '/fail')).to.be.at.least(500);
      expect(await get(port, '/missing')).to.equal(404);
      await until(() => requests.inProgress.get() === 0);
      expect(shown(requests)).to.deep.equal({ requests: 2, errors: 1, inProgress: 0 });
    });

    it('are in progress until they are answered', async () => {
      const answered = get(port, '/slow');
      await slow.entered;
      expect(shown(requests)).to.deep.equal({ requests: 0, errors: 0, inProgress: 1 });
      slow.release();
      await answered;
      await until(() => requests.inProgress.get() === 0);
      expect(shown(requests)).to.deep.equal({ requests: 1, errors: 0, inProgress: 0 });
    });

    it('come back from in progress when the client gives up, which is no error', async () => {
      await abort(port, '/slow', slow.entered);
      await until(() => requests.inProgress.get() === 0);
      expect(shown(requests)).to.deep.equal({ requests: 1, errors: 0, inProgress: 0 });
    });

    if (cuts) {
      it('fail when the server cuts the answer off', async () => {
        await get(port, '/cut').catch(() => {});
        await until(() => requests.inProgress.get() === 0);
        expect(shown(requests)).to.deep.equal({ requests: 1, errors: 1, inProgress: 0 });
      });
    }
  });
}
