import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { BoardServer } from '../../../../../src/cli/board/server.js';

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

describe("the board's server", () => {
  let server: BoardServer;
  let port: number;
  let asked: string[];
  beforeEach(async () => {
    asked = [];
    const page = { type: 'text/html; charset=utf-8', body: Buffer.from('<p>page') };
    server = new BoardServer(new Map([['/', page]]), {
      '/data': (parameters) => {
        asked.push(parameters.get('range') ?? '');
        return { range: parameters.get('range') };
      },
      '/broken': () => {
        throw new Error('http://user:secret@store/ is broken');
      },
    });
    port = Number(new URL(await server.listen(0)).port);
  });
  afterEach(() => server.close());

  const ask = (
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
    host = '127.0.0.1',
  ) =>
    new Promise<Got>((resolve, reject) => {
      request({ host, port, path, method, headers, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text) => {
          body += text;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      })
        .on('error', reject)
        .end();
    });

  it('serves the page and its data under each name of loopback', async () => {
    expect((await ask('/')).body).to.equal('<p>page');
    for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]']) {
      const { status, body } = await ask('/data?range=1h', { host: `${name}:${port}` });
      expect({ name, status, body }).to.deep.equal({ name, status: 200, body: '{"range":"1h"}' });
    }
  });

  it('gives no body for HEAD', async () => {
    const { status, headers, body } = await ask('/', {}, 'HEAD');
    expect({ status, length: headers['content-length'], body }).to.deep.equal({
      status: 200,
      length: '7',
      body: '',
    });
  });

  it('refuses a foreign Host, whose name may have been rebound to loopback', async () => {
    const foreign = ['example.org', `example.org:${port}`, `127.0.0.1.example.org:${port}`];
    for (const host of [...foreign, '127.0.0.1', `127.0.0.1:${port + 1}`, `127.0.0.2:${port}`])
      for (const path of ['/', '/data'])
        expect((await ask(path, { host })).status, host).to.equal(403);
    expect(asked).to.deep.equal([]);
  });

  it('refuses a foreign Origin, and takes its own', async () => {
    const foreign = [
      'http://example.org',
      'null',
      'https://127.0.0.1',
      `http://127.0.0.1:${port + 1}`,
    ];
    for (const origin of [...foreign, `https://127.0.0.1:${port}`, `http://127.0.0.1:${port}.org`])
      expect((await ask('/data', { origin })).status, origin).to.equal(403);
    expect((await ask('/data', { origin: `http://127.0.0.1:${port}` })).status).to.equal(200);
    expect((await ask('/data', { origin: `http://localhost:${port}` })).status).to.equal(200);
  });

  it('refuses what a browser marks as the request of another site, links to the page aside', async () => {
    const cross = { 'sec-fetch-site': 'cross-site' };
    expect((await ask('/data', { ...cross, 'sec-fetch-mode': 'no-cors' })).status).to.equal(403);
    const framed = { ...cross, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' };
    expect((await ask('/', framed)).status).to.equal(403);
    const link = { ...cross, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect((await ask('/', link)).status).to.equal(200);
    expect((await ask('/data', { 'sec-fetch-site': 'same-origin' })).status).to.equal(200);
  });

  it('refuses every method that could write', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const { status, headers } = await ask('/data', {}, method);
      expect({ method, status, allow: headers.allow }).to.deep.equal({
        method,
        status: 405,
        allow: 'GET, HEAD',
      });
    }
  });

  it('knows no other path, however it is written', async () => {
    const paths = [
      '/x',
      '/data/',
      '//data',
      '/../package.json',
      '/%2e%2e/package.json',
      '/constructor',
      '/__proto__',
    ];
    for (const path of paths) expect((await ask(path)).status, path).to.equal(404);
  });

  it('forbids inline code, other sites and framing in every answer', async () => {
    for (const [path, method] of [
      ['/', 'GET'],
      ['/data', 'GET'],
      ['/x', 'GET'],
      ['/', 'POST'],
    ] as const) {
      const { headers } = await ask(path, {}, method);
      const policy = String(headers['content-security-policy']);
      expect(policy).to.match(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(policy).to.contain("frame-ancestors 'none'").and.not.contain('unsafe');
      expect(headers).to.include({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers).not.to.have.property('access-control-allow-origin');
    }
  });

  it('tells what failed without the secrets in it', async () => {
    const { status, body } = await ask('/broken');
    expect(status).to.equal(500);
    expect(body).to.contain('store/ is broken').and.not.contain('secret');
  });

  it('listens on loopback alone', async function () {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
    if (outside === undefined) this.skip();
    const error = await ask('/', {}, 'GET', outside).catch(
      (failed: NodeJS.ErrnoException) => failed.code,
    );
    expect(error).to.equal('ECONNREFUSED');
  });
});
