import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { connectWithin } from '../../../../exporters/timing/connect-within.js';

describe('connectWithin', () => {
  it('throws nothing into the application when a request is aborted just as its answer ends', async () => {
    const server = createServer((_, answer) => answer.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const agent = new Agent({ keepAlive: true });
    const controller = new AbortController();
    const uncaught: Error[] = [];
    const hear = (error: Error): void => void uncaught.push(error);
    process.setUncaughtExceptionCaptureCallback(hear);
    try {
      const { port } = server.address() as AddressInfo;
      const asked = request({ host: '127.0.0.1', port, agent, signal: controller.signal });
      connectWithin(10_000, asked);
      asked.on('error', () => {});
      asked.end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      answer.on('error', () => {});
      answer.prependListener('end', () => controller.abort());
      answer.resume();
      await once(answer, 'close');
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.setUncaughtExceptionCaptureCallback(null);
      agent.destroy();
      server.close();
    }
    expect(uncaught).to.deep.equal([]);
  });
});
