import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { INTERNALS } from '../../../../../exporters/delivery/internals.js';
import { OtlpExporter, type OtlpOptions } from '../../../../../exporters/stores/otlp/index.js';
import { metricsAndLogs } from '../../../../../src/testing/suites/metrics-and-logs.js';
import { expectBalanced, plainReports } from '../../../../conformance/suites/exporter.js';
import { until } from '../../../../support/until.js';

interface Seen {
  /** Milliseconds, when the request was complete. */
  readonly at: number;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What a collector would object to in a request, as far as its head tells. */
function objectionTo({ method, url = '', headers }: IncomingMessage): string | undefined {
  if (method !== 'POST') return `no way to ${method}`;
  // The last one is what OpenTelemetry's variables name for a signal as it is.
  if (!/(\/v1\/(metrics|logs)|^\/elsewhere)(\?|$)/.test(url)) return `no way to ${url}`;
  if (!['application/x-protobuf', 'application/json'].includes(headers['content-type'] ?? ''))
    return `no data of the type ${headers['content-type']}`;
  if (![undefined, 'gzip'].includes(headers['content-encoding']))
    return `no encoding ${headers['content-encoding']}`;
  return headers['content-length'] === undefined ? 'no length' : undefined;
}

/** An answer to one request: status, bytes, JSON or nothing, headers. */
type Reply = readonly [status: number, body?: object | undefined, headers?: Record<string, string>];

function forgetVariables(): void {
  for (const name of Object.keys(process.env))
    if (name.startsWith('OTEL_')) delete process.env[name];
}

describe('OtlpExporter', () => {
  let server: Server;
  let url: string;
  let seen: Seen[];
  let replies: Reply[];
  /** Answers the last request that was seen. */
  let answer: () => Reply;
  const made: OtlpExporter[] = [];
  const make = (options: OtlpOptions = {}) => {
    const exporter = new OtlpExporter({ url, ...options });
    made.push(exporter);
    return exporter;
  };

  beforeEach(async () => {
    forgetVariables();
    seen = [];
    replies = [];
    process.env.OTEL_EXPORTER_OTLP_PROTOCOL = 'http/json';
    answer = () => replies.shift() ?? [200, {}];
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      seen.push({
        at: performance.now(),
        path: request.url!,
        headers: request.headers,
        body: Buffer.concat(chunks),
      });
      const objection = objectionTo(request);
      if (objection !== undefined) objected.push(objection);
      const [status, body, headers] = objection === undefined ? answer() : [418 as const];
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(Buffer.isBuffer(body) ? body : body === undefined ? '' : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    forgetVariables();
    for (const exporter of made.splice(0)) {
      await exporter.shutdown({ timeout: 500 });
      expectBalanced(exporter.ledger());
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(objected.splice(0)).to.deep.equal([]);
  });
  const objected: string[] = [];

  it('sends metrics and log records to the paths of the base address, with the given headers', async () => {
    const exporter = make({ url: `${url}/otlp/`, headers: { 'x-tenant': 'a' } });
    await metricsAndLogs(exporter);
    expect(new Set(seen.map(({ path }) => path))).to.have.all.keys(
      '/otlp/v1/metrics',
      '/otlp/v1/logs',
    );
    for (const { headers } of seen)
      expect(headers).to.include({ 'x-tenant': 'a', 'content-type': 'application/json' });
    expect(exporter.ledger()).to.include({ accepted: 6, stored: 6 });
  });

  it("obeys OpenTelemetry's variables", async () => {
    Object.assign(process.env, {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/base`,
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${url}/elsewhere`,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=abc',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'cumulative',
      OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'explicit_bucket_histogram',
    });
    const exporter = new OtlpExporter();
    made.push(exporter);
    await metricsAndLogs(exporter);
    expect(new Set(seen.map(({ path }) => path))).to.have.all.keys(
      '/base/v1/metrics',
      '/elsewhere',
    );
    const metrics = seen
      .filter(({ path }) => path.endsWith('metrics'))
      .map(({ body }) => gunzipSync(body).toString());
    expect(metrics.join()).to.include('"aggregationTemporality":2').and.include('"explicitBounds"');
    for (const { headers } of seen)
      expect(headers).to.include({ 'x-key': 'abc', 'content-encoding': 'gzip' });
  });

  it('counts what a collector did not take although it answers 200', async () => {
    replies.push([200, { partialSuccess: { rejectedDataPoints: 3, errorMessage: 'too old' } }]);
    const exporter = make();
    exporter[INTERNALS].accept(plainReports(10));
    await exporter.forceFlush();
    expect(exporter.ledger()).to.deep.include({
      accepted: 10,
      stored: 7,
      rejected: { 'partial success: too old': 3 },
    });
    expect(seen).to.have.lengthOf(1);
  });

  it('tries again on 429 and 503, no sooner than it is asked to', async () => {
    replies.push([503, undefined, { 'retry-after': '1' }], [429], [502]);
    const exporter = make();
    exporter[INTERNALS].accept(plainReports(5));
    await exporter.forceFlush();
    expect(seen).to.have.lengthOf(4);
    expect(seen[1]!.at - seen[0]!.at).to.be.at.least(990);
    expect(exporter.ledger()).to.include({ stored: 5 });
  });

  for (const step of [-3_600_000, 3_600_000]) {
    it(`waits as long as it is asked to when somebody sets the clock by ${step / 60_000} minutes`, async () => {
      replies.push([429, undefined, { 'retry-after': '1' }]);
      const exporter = make();
      const now = Date.now;
      try {
        exporter[INTERNALS].accept(plainReports(5));
        while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        Date.now = () => now() + step;
        await exporter.forceFlush({ timeout: 40_000 });
      } finally {
        Date.now = now;
      }
      expect(seen).to.have.lengthOf(2);
      expect(seen[1]!.at - seen[0]!.at).to.be.at.least(990);
      expect(exporter.ledger()).to.include({ stored: 5 });
    });
  }

  it("reads a date to come back at on the collector's own clock", async () => {
    const date = (ms: number): string => new Date(ms).toUTCString();
    const theirs = Date.now() - 7_200_000;
    replies.push([503, undefined, { date: date(theirs), 'retry-after': date(theirs + 1_000) }]);
    const exporter = make();
    exporter[INTERNALS].accept(plainReports(5));
    await exporter.forceFlush();
    expect(seen).to.have.lengthOf(2);
    expect(seen[1]!.at - seen[0]!.at).to.be.at.least(990);
  });

  it('narrows a batch that is refused, and one that is too large, down to the culprit', async () => {
    for (const status of [400, 413]) {
      const exporter = make();
      const [good, bad, other] = plainReports(3);
      answer = () => [seen.at(-1)!.body.includes('culprit') ? status : 200];
      exporter[INTERNALS].accept([good!, { ...bad!, name: 'culprit' }, other!]);
      await exporter.forceFlush();
      const { stored, rejected } = exporter.ledger();
      expect([stored, Object.keys(rejected).join()]).to.deep.equal([
        2,
        status === 400 ? 'HTTP 400' : 'request too large (413)',
      ]);
    }
  });

  it("rejects what the collector's own status refuses, under its message", async () => {
    const status = { code: 3, message: 'metric "a" has 12 bad points' };
    replies.push([400, status]);
    const exporter = make();
    exporter[INTERNALS].accept(plainReports(1));
    await exporter.forceFlush();
    expect(exporter.ledger().rejected).to.deep.equal({ 'HTTP 400: metric … has … bad points': 1 });
    expect(seen).to.have.lengthOf(1);
  });

  it('reads a status in protobuf', async () => {
    delete process.env.OTEL_EXPORTER_OTLP_PROTOCOL;
    const message = 'bad point '.repeat(20);
    // Code 3, and a message of 200 bytes, whose length takes two.
    const body = Buffer.concat([Buffer.from([8, 3, 0x12, 0xc8, 1]), Buffer.from(message)]);
    replies.push([400, body, { 'content-type': 'application/x-protobuf' }]);
    const exporter = make();
    exporter[INTERNALS].accept(plainReports(1));
    await exporter.forceFlush();
    expect(Object.keys(exporter.ledger().rejected).join()).to.equal(
      `HTTP 400: ${'bad point '.repeat(12)}…`,
    );
  });

  it('tells a page from a success without a body, whatever type is said', async () => {
    for (const [body, type, stored] of [
      ['', 'text/html; charset=utf-8', 1],
      ['OK', 'text/html; charset=utf-8', 1],
      ['<!doctype html><p>Sign in</p>', 'application/octet-stream', 0],
      [' <HTML>Sign in</HTML>', 'Text/HTML', 0],
    ] as const) {
      answer = () => [200, Buffer.from(body), { 'content-type': type }];
      const exporter = make();
      exporter[INTERNALS].accept(plainReports(1));
      await exporter.forceFlush({ timeout: stored === 1 ? 30_000 : 500 }).catch(() => {});
      expect(exporter.ledger(), body).to.include({ stored, pending: 1 - stored });
      await exporter.shutdown({ timeout: 100 });
    }
  });

  it('asks with an empty request whose fault an unclear 400 is', async () => {
    replies.push([400, { message: 'who knows' }], [200, {}]);
    const exporter = make();
    exporter[INTERNALS].accept(plainReports(1));
    await exporter.forceFlush();
    expect(exporter.ledger().rejected).to.deep.equal({ 'HTTP 400: who knows': 1 });
    expect(JSON.parse(String(seen[1]!.body)).resourceMetrics[0].scopeMetrics).to.deep.equal([]);
  });

  it('keeps all when it is not let in, and shows its headers to nobody', async () => {
    replies = Array.from({ length: 20 }, () => [401] as const);
    process.env.OTEL_EXPORTER_OTLP_HEADERS = 'x-other=planted-variable';
    const exporter = make({ headers: { authorization: 'planted-token' } });
    exporter[INTERNALS].accept(plainReports(2));
    await until(() => exporter.fault !== undefined);
    const error = await exporter.forceFlush({ timeout: 500 }).catch((thrown: Error) => thrown);
    expect(String((error as Error).cause)).to.include('check the headers');
    expect(exporter.ledger()).to.deep.include({ pending: 2, rejected: {} });
    const everything = inspect([error, exporter, exporter.fault, JSON.stringify(exporter)], {
      depth: 12,
      showHidden: true,
    });
    expect(everything).to.not.include('planted-token').and.not.include('planted-variable');
  });

  it('does not send again what was taken when a later request of the batch fails', async () => {
    replies.push([200, {}], [503]);
    const exporter = make();
    const [gauge, event] = plainReports(2);
    exporter[INTERNALS].accept([gauge!, { ...event!, metric: 'event', value: 'text' }]);
    await exporter.forceFlush();
    expect(seen.map(({ path }) => path)).to.deep.equal(['/v1/metrics', '/v1/logs', '/v1/logs']);
    expect(exporter.ledger()).to.include({ stored: 2 });
  });

  it('says all faults at once, those of the variables too', () => {
    process.env.OTEL_EXPORTER_OTLP_PROTOCOL = 'grpc';
    const options = { url: 'collector:4318', headers: { 'bad name': 'x' }, ulr: '' } as never;
    try {
      new OtlpExporter(options);
      expect.fail('no error');
    } catch (error) {
      const { faults } = error as { faults: { path: string }[] };
      expect(faults.map(({ path }) => path)).to.have.members([
        'url',
        'headers',
        'ulr',
        'OTEL_EXPORTER_OTLP_PROTOCOL',
      ]);
    }
  });
});
