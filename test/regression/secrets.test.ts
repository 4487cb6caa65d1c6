import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { inspect } from 'node:util';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import type { ReportExporter } from '../../exporters/report-exporter.js';
import { ElasticsearchExporter } from '../../exporters/stores/elasticsearch/index.js';
import { InfluxExporter } from '../../exporters/stores/influxdb/index.js';
import { MongoExporter } from '../../exporters/stores/mongodb/index.js';
import { OtlpExporter } from '../../exporters/stores/otlp/index.js';
import { RethinkExporter } from '../../exporters/stores/rethinkdb/index.js';
import { plainReports } from '../conformance/suites/exporter.js';
import { startStandIn } from '../support/rethinkdb/wire.js';

const PASSWORD = 'pl4nted-pa55';
const TOKEN = 'pl4nted-t0ken';
/** With a character that URLs encode, so that both spellings can leak. */
const ODD = 'pl4nted@odd';
const ENCODED = encodeURIComponent(ODD);
const PLANTED = [
  PASSWORD,
  TOKEN,
  ODD,
  ENCODED,
  btoa(`user:${PASSWORD}`),
  btoa(`user:${ODD}`),
  btoa(`user:${TOKEN}`),
];

type Make = (port: number) => ReportExporter;

const EXPORTERS: Readonly<Record<string, Make>> = {
  'Elasticsearch, password': (port) =>
    new ElasticsearchExporter({
      indexName: 'k',
      host: '127.0.0.1',
      port,
      user: 'user',
      password: PASSWORD,
    }),
  'Elasticsearch, URL': (port) =>
    new ElasticsearchExporter({
      indexName: 'k',
      connectionUrl: `http://user:${ENCODED}@127.0.0.1:${port}`,
    }),
  'Elasticsearch, API key': (port) =>
    new ElasticsearchExporter({ indexName: 'k', host: '127.0.0.1', port, apiKey: TOKEN }),
  'MongoDB, password': (port) =>
    new MongoExporter({ host: '127.0.0.1', port, user: 'user', password: PASSWORD, timeout: 100 }),
  'MongoDB, URL': (port) =>
    new MongoExporter({
      connectionUrl: `mongodb://user:${ENCODED}@127.0.0.1:${port}/`,
      timeout: 100,
    }),
  'RethinkDB, password': (port) =>
    new RethinkExporter({
      host: '127.0.0.1',
      port,
      user: 'user',
      password: PASSWORD,
      timeout: 0.1,
    }),
  'InfluxDB, password': (port) =>
    new InfluxExporter({ host: '127.0.0.1', port, username: 'user', password: PASSWORD }),
  'InfluxDB, URL': (port) =>
    new InfluxExporter({ connectionUrl: `influxdb://user:${ENCODED}@127.0.0.1:${port}/k` }),
  'InfluxDB, token': (port) =>
    new InfluxExporter({ url: `http://127.0.0.1:${port}`, org: 'o', bucket: 'b', token: TOKEN }),
  'InfluxDB 3, token': (port) =>
    new InfluxExporter({ url: `http://127.0.0.1:${port}`, bucket: 'b', token: TOKEN }),
  'OTLP, header': (port) =>
    new OtlpExporter({
      url: `http://127.0.0.1:${port}`,
      headers: { authorization: `Bearer ${TOKEN}` },
    }),
  'OTLP, URL': (port) => new OtlpExporter({ url: `http://user:${ENCODED}@127.0.0.1:${port}` }),
};

/** What can go wrong on the way; the worst server repeats what it was sent. */
const FAILURES: Readonly<Record<string, () => Promise<Server>>> = {
  'nobody listens': async () => {
    const server = await listening(createServer());
    await new Promise((resolve) => server.close(resolve));
    return server;
  },
  'the connection is reset': () =>
    listening(
      createServer((socket) =>
        socket.on('error', () => {}).once('data', () => socket.resetAndDestroy()),
      ),
    ),
  'something else answers': () =>
    listening(createServer((socket) => socket.on('error', () => {}).end('220 mail ready\r\n\0\0'))),
  'nothing is ever answered': () =>
    listening(createServer((socket) => socket.on('error', () => {}))),
  ...Object.fromEntries(
    [400, 401, 403, 404, 413, 500, 503].map((status) => [
      `the server repeats everything and answers ${status}`,
      () => listening(repeating(status)),
    ]),
  ),
};
const addresses = new WeakMap<Server, number>();

async function listening(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  addresses.set(server, (server.address() as AddressInfo).port);
  return server;
}

function repeating(status: number): Server {
  return createHttpServer((request, response) => {
    request.resume().on('end', () => {
      const { authorization = '' } = request.headers;
      const said = `${authorization} ${atob(/^Basic (.*)$/.exec(authorization)?.[1] ?? '')} ${request.url}`;
      response.writeHead(status, {
        'content-type': 'application/json',
        'x-elastic-product': 'Elasticsearch',
      });
      response.end(JSON.stringify({ error: said, message: said, status }));
    });
  });
}

/** Everything that is said while `action` runs: diag, console, standard streams, warnings. */
async function listenedTo(action: () => Promise<string>): Promise<string> {
  const said: string[] = [];
  const add = (...text: unknown[]) =>
    said.push(
      text.map((one) => (typeof one === 'string' ? one : inspect(one, { depth: 8 }))).join(' '),
    );
  diag.setLogger(
    { error: add, warn: add, info: add, debug: add, verbose: add },
    { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true },
  );
  const { stdout, stderr } = process;
  const [out, err] = [stdout.write, stderr.write];
  stdout.write = stderr.write = ((text: string | Uint8Array) =>
    add(String(text)) > 0) as typeof stdout.write;
  process.on('warning', add);
  try {
    said.push(await action());
  } finally {
    [stdout.write, stderr.write] = [out, err];
    process.off('warning', add);
    diag.disable();
  }
  return said.join('\n');
}

/** An error in every way that somebody could print it. */
function printed(error: unknown): string {
  const { message, stack, cause } = (error ?? {}) as Error;
  const ways = [
    String(error),
    message,
    stack,
    JSON.stringify(error),
    inspect(error, { depth: 10, showHidden: true }),
  ];
  return [...ways, cause === undefined ? '' : printed(cause)].join('\n');
}

function expectNothingPlanted(text: string): void {
  for (const secret of PLANTED) expect(text).to.not.include(secret);
}

describe('No secret is ever said', () => {
  for (const [failure, start] of Object.entries(FAILURES)) {
    it(`by any exporter when ${failure}`, async () => {
      const server = await start();
      const text = await listenedTo(async () => {
        const all = Object.values(EXPORTERS).map(async (make) => {
          const exporter = make(addresses.get(server)!);
          exporter[INTERNALS].accept(plainReports(3));
          let flushed = '';
          // A busy machine may take longer to load the clients.
          for (
            let i = 0;
            i < 100 && exporter.fault === undefined && exporter.ledger().pending > 0;
            i++
          ) {
            flushed += await exporter.forceFlush({ timeout: 400 }).then(() => '', printed);
          }
          const result = await new Promise((resolve) => exporter.export([], resolve));
          await exporter.shutdown({ timeout: 50 });
          const refused = await new Promise((resolve) => exporter.export([], resolve));
          return [
            flushed,
            printed(exporter.fault),
            JSON.stringify(exporter.ledger()),
            inspect(result),
            inspect(refused),
          ].join('\n');
        });
        return (await Promise.all(all)).join('\n');
      });
      expectNothingPlanted(text);
      // The test itself must hear what is said; reports that are refused for good are counted, not spoken of.
      const refusals = /400|413/.test(failure)
        ? []
        : ['Elasticsearch', 'Mongo', 'Rethink', 'Influx', 'Otlp'];
      for (const name of refusals) expect(text).to.include(`${name}Exporter (`);
      server.close();
      if ('closeAllConnections' in server)
        (server as { closeAllConnections(): void }).closeAllConnections();
    });
  }

  it('by RethinkDB, whatever it refuses', async () => {
    const standIn = await startStandIn('another');
    const text = await listenedTo(async () => {
      const exporter = new RethinkExporter({
        host: '127.0.0.1',
        port: standIn.port,
        user: 'user',
        password: PASSWORD,
        timeout: 10,
      });
      await exporter[INTERNALS].deliver(plainReports(2));
      await exporter.shutdown({ timeout: 50 });
      return printed(exporter.fault);
    });
    expect(text).to.match(/Wrong password/);
    expectNothingPlanted(text);
    await standIn.close();
  });

  it('by a constructor that is told nonsense', () => {
    const nonsense: (() => unknown)[] = [
      () =>
        new ElasticsearchExporter({
          indexName: 'k',
          connectionUrl: `ftp://user:${ENCODED}@h`,
          password: [PASSWORD] as never,
        }),
      () =>
        new MongoExporter({
          connectionUrl: `http://user:${ENCODED}@h`,
          password: [PASSWORD] as never,
        }),
      () =>
        new MongoExporter({
          [PASSWORD.replace(/-.*/, '')]: 1,
          connectionUrl: `mongodb://user:%${ODD}@h/%`,
        } as never),
      () => new RethinkExporter({ password: { PASSWORD } as never, port: PASSWORD as never }),
      () =>
        new InfluxExporter({ connectionUrl: `http://user:${ODD}@h:port`, token: [TOKEN] as never }),
      () => new InfluxExporter({ url: `ws://user:${ENCODED}@h`, token: 1 as never }),
      () =>
        new OtlpExporter({
          url: `ftp://user:${ENCODED}@h`,
          headers: { authorization: [TOKEN] as never },
        }),
    ];
    for (const make of nonsense) {
      let thrown: unknown;
      try {
        make();
      } catch (error) {
        thrown = error;
      }
      expect(thrown, String(make)).to.have.property('code', 'KANEDA_SETTINGS');
      expectNothingPlanted(printed(thrown));
    }
  });
});
