import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Transport } from '../../../../../exporters/stores/otlp/transport.js';

describe('A post to a collector', () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => server.close());

  it('needs no agent of OpenTelemetry over plain HTTP, whose import fails in Jest', async () => {
    const transport = new Transport({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`,
      headers: () => ({}),
      compression: 'none',
      connectTimeoutMillis: 10_000,
      timeoutMillis: 10_000,
      agentFactory: () => Promise.reject(new Error('no dynamic import')),
    });
    const { status, body } = await transport.post(Buffer.from('{}'), new AbortController().signal);
    expect([status, String(body)]).to.deep.equal([200, '{}']);
    transport.close();
  });

  it('says that nobody answered in time', async () => {
    server.removeAllListeners('request').on('request', () => {});
    const transport = new Transport({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`,
      headers: () => ({}),
      compression: 'none',
      connectTimeoutMillis: 10_000,
      timeoutMillis: 100,
      agentFactory: () => Promise.reject(new Error('not asked')),
    });
    const { signal } = new AbortController();
    const error = await transport.post(Buffer.from('{}'), signal).catch((thrown) => thrown);
    expect(error).to.have.property('message', 'no answer within 100 ms');
    transport.close();
  });
});
