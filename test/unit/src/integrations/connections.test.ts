import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { Server } from 'node:net';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { expect } from 'chai';
import { Collection } from '../../../../src/cantal/collection.js';
import type { RequestTracker } from '../../../../src/cantal/request-tracker.js';
import { trackConnections, trackRequests } from '../../../../src/integrations/http.js';
import { until } from '../../../support/until.js';
import { listen, shown, tracker } from './clients.js';

describe('http.server.connections', () => {
  let directory: string;
  let identity: { key: Buffer; cert: Buffer };

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'kaneda-tls-'));
    const [key, cert] = [join(directory, 'key'), join(directory, 'cert')];
    const request = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
    ];
    execFileSync('openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    identity = { key: readFileSync(key), cert: readFileSync(cert) };
  });

  after(() => rmSync(directory, { recursive: true }));

  const plain = (port: number) => net.connect(port, '127.0.0.1');
  const secure = (port: number) =>
    tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  const SERVERS: Record<string, { make: () => Server; connect: (port: number) => net.Socket }> = {
    'node:http': { make: () => http.createServer(), connect: plain },
    'node:https': { make: () => https.createServer(identity), connect: secure },
    'node:http2': { make: () => http2.createServer(), connect: plain },
    'node:http2 with TLS': { make: () => http2.createSecureServer(identity), connect: secure },
  };

  for (const [name, { make, connect }] of Object.entries(SERVERS)) {
    it(`is how many are open on a server of ${name}`, async () => {
      const server = make();
      const collection = new Collection();
      const connections = trackConnections(server, {}, { collection });
      expect(connections.dimensions).to.deep.equal({ group: 'http.server', metric: 'connections' });
      const port = await listen(server);
      const clients = [connect(port), connect(port), connect(port)];
      await until(() => connections.get() === 3);
      clients.pop()?.destroy();
      await until(() => connections.get() === 2);
      for (const client of clients) client.destroy();
      await until(() => connections.get() === 0);
      server.close();
      await once(server, 'close');
    });
  }

  it('follows requests over HTTP/2, aborted ones too', async () => {
    const requests: RequestTracker = tracker();
    const server = http2.createServer((request, response) => {
      if (request.url === '/slow') return;
      response.statusCode = request.url === '/ok' ? 200 : 500;
      response.end('done');
    });
    trackRequests(server, requests);
    const session = http2.connect(`http://127.0.0.1:${await listen(server)}`);
    for (const path of ['/ok', '/fail'])
      await once(session.request({ ':path': path }).resume(), 'end');
    const slow = session.request({ ':path': '/slow' });
    await until(() => requests.inProgress.get() === 1 && requests.requests.get() === 2n);
    slow.close(http2.constants.NGHTTP2_CANCEL);
    await until(() => requests.inProgress.get() === 0);
    expect(shown(requests)).to.deep.equal({ requests: 3, errors: 1, inProgress: 0 });
    session.destroy();
    server.close();
    await once(server, 'close');
  });
});
