import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Transport } from '../../../../../exporters/stores/otlp/transport.js';

const BODY = '{"resourceLogs":[]}';

describe('A post to a collector', () => {
  let answers = true;
  let server: Server;
  let transport: Transport;
  beforeEach(async () => {
    answers = true;
    server = createServer(async (request, response) => {
      const { method, url } = request;
      const body = (await request.toArray()).join('');
      const isExpected = method === 'POST' && url === '/v1/logs' && body === BODY;
      if (answers) response.writeHead(isExpected ? 200 : 400).end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    transport.close();
    server.close();
  });

  const post = (timeoutMillis: number): ReturnType<Transport['post']> => {
    transport = new Transport({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`,
      headers: () => ({}),
      compression: 'none',
      connectTimeoutMillis: 10_000,
      timeoutMillis,
      agentFactory: () => Promise.reject(new Error('no dynamic import')),
    });
    return transport.post(Buffer.from(BODY), new AbortController().signal);
  };

  it('needs no agent of OpenTelemetry over plain HTTP, whose import fails in Jest', async () => {
    const { status, body } = await post(10_000);
    expect([status, String(body)]).to.deep.equal([200, '{}']);
  });

  it('says that nobody answered in time', async () => {
    answers = false;
    const error = await post(100).catch((thrown) => thrown);
    expect(error).to.have.property('message', 'no answer within 100 ms');
  });
});
