import http from 'node:http';
import { expect } from 'chai';
import { RequestTracker } from '../../../../src/cantal/index.js';
import { SettingsError } from '../../../../src/errors.js';
import * as express from '../../../../src/integrations/express.js';
import * as fastify from '../../../../src/integrations/fastify.js';
import * as hono from '../../../../src/integrations/hono.js';
import * as node from '../../../../src/integrations/http.js';
import * as koa from '../../../../src/integrations/koa.js';
import * as nest from '../../../../src/integrations/nest.js';
import { fakeMetrics } from '../../../../src/testing/index.js';

const FRAMEWORKS = { express, fastify, hono, koa, nest, node };
const wrong = (value: unknown): never => value as never;

for (const [name, { httpMetrics }] of Object.entries(FRAMEWORKS)) {
  describe(`a wrong argument of ${name}`, () => {
    it('is named where it is no Metrics', () => {
      for (const value of [undefined, null, 5, {}, http.createServer()])
        expect(() => httpMetrics(wrong(value))).to.throw(TypeError, /takes a Metrics/);
    });

    it('is named where it is an option', () => {
      const refused = (options: unknown, text: RegExp): unknown =>
        expect(() => httpMetrics(fakeMetrics(), wrong(options))).to.throw(SettingsError, text);
      refused({ bucket: [1] }, /^httpMetrics: bucket: unknown; did you mean buckets\?$/);
      refused(http.createServer(), /_events: unknown; remove it; known options are buckets/);
      for (const options of [null, 5, () => undefined])
        refused(options, /^httpMetrics: options: must be an object/);
      for (const buckets of [null, 5, 'text', [2, 1], [Number.NaN]])
        refused({ buckets }, /buckets: must be a list of at most 1000 finite numbers, each larger/);
    });

    it('is named where it is no tracker', () => {
      for (const value of [undefined, 5, {}]) {
        const calls =
          name === 'node'
            ? [() => node.trackServer(http.createServer(), wrong(value))]
            : [() => FRAMEWORKS[name as 'koa'].trackRequests(wrong(value))];
        for (const call of calls) expect(call).to.throw(TypeError, /takes a RequestTracker/);
      }
    });
  });
}

describe('a plugin of Fastify', () => {
  it('says so where another framework takes it for middleware', () => {
    const tracker = new RequestTracker('wrong_framework');
    for (const plugin of [fastify.trackRequests(tracker), fastify.httpMetrics(fakeMetrics())])
      expect(() => plugin(wrong(new http.IncomingMessage(wrong(null))), {}, () => {})).to.throw(
        TypeError,
        'This is a plugin for app.register() of Fastify',
      );
  });
});

describe('a wrong argument of node', () => {
  it('is named where it is no server', () => {
    const tracker = new RequestTracker('wrong_server');
    for (const value of [undefined, 5, {}]) {
      expect(() => node.trackServer(wrong(value), tracker)).to.throw(TypeError, /takes a server/);
      expect(() => node.httpMetrics(fakeMetrics())(wrong(value))).to.throw(
        TypeError,
        /takes a server/,
      );
    }
  });

  it('is named where the option route is no function', () => {
    expect(() => node.httpMetrics(fakeMetrics(), { route: wrong('/users') })).to.throw(
      SettingsError,
      'httpMetrics: route: must be a function; correct or remove route.',
    );
  });

  it('is none where the option route is given, and a child of a Metrics', () => {
    const child = fakeMetrics().with({ prefix: 'api.' });
    expect(node.httpMetrics(child, { route: () => '/', buckets: [1] })).to.be.a('function');
  });
});
