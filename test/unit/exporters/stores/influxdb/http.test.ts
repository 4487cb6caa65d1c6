import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { INTERNALS } from '../../../../../exporters/delivery/internals.js';
import {
  InfluxExporter,
  type InfluxExporterOptions,
} from '../../../../../exporters/stores/influxdb/index.js';
import { plainReports } from '../../../../conformance/suites/exporter.js';
import { objections } from '../../../../support/influxdb/write-request.js';

interface Request {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly lines: readonly string[];
}

/**
 * A server that answers as InfluxDB 2 or 3 would, one answer a request, and remembers what it was asked. It objects to what these would
 * not take, and to a request that it has no answer for; `close` then throws.
 */
async function answering(
  answers: readonly [status: number, body?: object][],
  options: InfluxExporterOptions,
) {
  const asked: Request[] = [];
  const objected: string[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      asked.push({
        path: request.url!,
        authorization: request.headers.authorization,
        lines: body.split('\n'),
      });
      objected.push(...objections(request, body));
      if (asked.length > answers.length) objected.push(`no answer for request ${asked.length}`);
      const [status, answer] = objected.length > 0 ? [418] : answers[asked.length - 1]!;
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(answer === undefined ? '' : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const exporter = new InfluxExporter({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 't0ken',
    ...options,
  });
  const close = async () => {
    await exporter.shutdown();
    server.close();
    expect(objected).to.deep.equal([]);
  };
  return { exporter, asked, close };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

describe('InfluxExporter over HTTP', () => {
  it('writes to InfluxDB 2 by path, token and line protocol', async () => {
    const { exporter, asked, close } = await answering([[204]], { org: 'o', bucket: 'b' });
    const reports = plainReports(2);
    expect(await exporter[INTERNALS].deliver(reports)).to.deep.equal(['stored', 'stored']);
    expect(asked).to.have.lengthOf(1);
    expect(asked[0]).to.include({
      path: '/api/v2/write?org=o&bucket=b&precision=ns',
      authorization: 'Token t0ken',
    });
    expect(asked[0]!.lines).to.have.lengthOf(2);
    expect(asked[0]!.lines[1]).to.match(
      /^gauge,host=conformance,route=\/1 name="conformance.plain",value=1 \d{19}$/,
    );
    await close();
  });

  it('learns from InfluxDB 2 that a field is an integer, and writes once more', async () => {
    const message =
      'failure writing points to database: partial write: field type conflict: input field "value" on measurement "gauge" is type float, already exists as type integer dropped=2';
    const { exporter, asked, close } = await answering(
      [[422, { code: 'unprocessable entity', message }], [204]],
      {
        org: 'o',
        bucket: 'b',
      },
    );
    const reports = plainReports(3);
    reports[2]!.value = 0.5;
    const outcomes = await exporter[INTERNALS].deliver(reports);
    expect(outcomes.slice(0, 2)).to.deep.equal(['stored', 'stored']);
    expect(outcomes[2])
      .to.have.property('rejected')
      .that.includes('already exists as type integer');
    expect(asked.map(({ lines }) => lines.length)).to.deep.equal([3, 2]);
    expect(asked[1]!.lines[1]).to.include('value=1i');
    await close();
  });

  it('believes InfluxDB 3 about which lines it refused', async () => {
    const data = [{ original_line: '…', line_number: 2, error_message: 'Could not parse' }];
    const { exporter, asked, close } = await answering(
      [[400, { error: 'partial write of line protocol occurred', data }]],
      {
        database: 'd',
      },
    );
    expect(await exporter[INTERNALS].deliver(plainReports(3))).to.deep.equal([
      'stored',
      { rejected: 'Could not parse' },
      'stored',
    ]);
    expect(asked[0]).to.include({
      path: '/api/v3/write_lp?db=d&precision=nanosecond&accept_partial=true',
      authorization: 'Bearer t0ken',
    });
    await close();
  });

  it('learns the type of a column from InfluxDB 3', async () => {
    const error_message =
      "invalid column type for column 'value', expected iox::column_type::field::integer, got iox::column_type::field::float";
    const data = [1, 2].map((line_number) => ({ line_number, error_message }));
    const { exporter, asked, close } = await answering(
      [[400, { error: 'partial write of line protocol occurred', data }], [204]],
      {},
    );
    expect(await exporter[INTERNALS].deliver(plainReports(2))).to.deep.equal(['stored', 'stored']);
    expect(asked[1]!.lines[0]).to.include('value=0i');
    await close();
  });

  it('halves a batch that is too large, and one that is refused as a whole', async () => {
    const { exporter, asked, close } = await answering(
      [[413], [204], [400, { error: 'unable to parse' }], [204]],
      { org: 'o' },
    );
    const outcomes = await exporter[INTERNALS].deliver(plainReports(2));
    expect(outcomes).to.deep.equal(['stored', { rejected: 'unable to parse' }]);
    expect(asked.map(({ lines }) => lines.length)).to.deep.equal([2, 1, 1]);
    await close();
  });

  it('tells what passes by itself from what somebody must fix', async () => {
    const cases: [number, object | undefined, RegExp, string | undefined][] = [
      [429, undefined, /429/, undefined],
      [503, undefined, /503/, undefined],
      [401, { message: 'unauthorized access' }, /correct token/, 'KANEDA_IMPROPERLY_CONFIGURED'],
      [403, undefined, /influx auth create/, 'KANEDA_IMPROPERLY_CONFIGURED'],
      [
        404,
        { message: 'bucket "kaneda" not found' },
        /influx bucket create --org 'o' --name 'kaneda'/,
        'KANEDA_IMPROPERLY_CONFIGURED',
      ],
    ];
    for (const [status, body, text, code] of cases) {
      const { exporter, close } = await answering(
        [body === undefined ? [status] : [status, body]],
        { org: 'o' },
      );
      expect(await exporter[INTERNALS].deliver(plainReports(1))).to.deep.equal(['retry']);
      expect(exporter.fault?.message).to.match(text).and.not.include('t0ken');
      expect((exporter.fault as { code?: string }).code).to.equal(code);
      await close();
    }
  });
});

describe('InfluxExporter before something that is not InfluxDB', () => {
  const page = (status: number) =>
    `<html><head><title>${status} from a proxy</title></head></html>`;
  const cases: [string, number, string, string][] = [
    ['page', 200, 'text/html', page(200)],
    ['redirection', 302, 'text/html', page(302)],
    ['page', 400, 'text/html', page(400)],
    ['text', 400, 'text/plain', 'unsupported path requested: "/api/v3/write_lp"\nsecond line'],
    ['page', 404, 'text/html', page(404)],
    ['text', 404, 'text/plain', 'default backend - 404'],
    ['text', 405, 'text/plain', 'Method POST not supported'],
    ['page', 413, 'text/html', page(413)],
    ['page', 422, 'text/html', page(422)],
    ['JSON', 400, 'application/json', '{"statusCode":400,"error":"Bad Request","message":"no"}'],
    ['JSON', 400, 'application/json', '{"error":"could not parse token"}'],
    ['JSON', 422, 'application/json', '{"error":"missing required header field"}'],
    ['JSON', 404, 'application/json', '{"status":404,"error":"Not Found","path":"/write"}'],
    [
      "Elasticsearch's JSON",
      400,
      'application/json',
      '{"error":"no handler found for uri [/api/v3/write_lp?precision=nanosecond&lines=1] and method [POST], not supported"}',
    ],
    ['page', 502, 'text/html', page(502)],
    ['health check', 200, 'application/json', '{"status":"from a proxy"}'],
    ['text', 202, 'text/plain', 'accepted, from a proxy'],
    ["gateway's JSON", 400, 'application/json', '{"error":"Bad Request"}'],
    [
      "policy's JSON",
      400,
      'application/json',
      '{"code":"policy","message":"Bad Request: offline endpoint"}',
    ],
    [
      "gateway's JSON with an object",
      400,
      'application/json',
      '{"error":{"code":400,"message":"Bad Request"}}',
    ],
    ['page without a title', 404, 'text/html', '<center><h1>404 from a proxy</h1></center>'],
    ["gateway's JSON", 422, 'application/json', '{"error":"Bad Request of a stage"}'],
  ];
  for (const [what, status, type, body] of cases) {
    it(`keeps its reports after a ${what} with status ${status}, and says what came`, async () => {
      const objected: string[] = [];
      const server = createServer(async (request, response) => {
        objected.push(...objections(request, await bodyOf(request)));
        response.writeHead(status, { 'content-type': type }).end(body);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}`;
      const exporter = new InfluxExporter({ url, token: 't0ken', timeout: 30 });
      const outcomes = await exporter[INTERNALS].deliver(plainReports(3));
      expect(outcomes).to.deep.equal(['retry', 'retry', 'retry']);
      expect(exporter.fault!.message).to.match(
        /from a proxy|unsupported path requested: "[^"]*"\)|default backend|not supported|Bad Request|Not Found|parse token|header field/,
      );
      expect(exporter.fault!.message).not.to.include('second line');
      if (![413, 502].includes(status))
        expect(exporter.fault).to.include({ code: 'KANEDA_IMPROPERLY_CONFIGURED' });
      await exporter.shutdown();
      server.close();
      expect(objected).to.deep.equal([]);
    });
  }
});

describe('InfluxExporter, told that points are too old', () => {
  const late = (dropped: number, bound: string) =>
    `partial write: dropped ${dropped} points outside retention policy of duration 1h0m0s - oldest point ` +
    `gauge,host=a,secret=dropped\\=7 at 2020-09-13T12:26:40Z dropped because it violates a Retention Policy Lower Bound at ${bound}, ` +
    `newest point gauge,host=b at 2020-09-13T12:26:41Z dropped because it violates a Retention Policy Lower Bound at ${bound} ` +
    `dropped=${dropped} for database: x for retention policy: autogen`;

  it('rejects all for one reason, in one request', async () => {
    const { exporter, asked, close } = await answering(
      [[400, { error: late(200, '2026-11-28T04:22:19.840451682Z') }]],
      { org: 'o' },
    );
    const outcomes = await exporter[INTERNALS].deliver(plainReports(200));
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome)))).to.deep.equal(
      new Set(['{"rejected":"points beyond retention policy"}']),
    );
    expect(asked).to.have.lengthOf(1);
    await close();
  });

  it('finds those that are older than the bound, in one request', async () => {
    const bound = new Date(1_700_000_000_500);
    const { exporter, asked, close } = await answering(
      [[422, { code: 'unprocessable entity', message: late(5, bound.toISOString()) }]],
      { org: 'o' },
    );
    const reports = plainReports(10).map((report, i) => ({
      ...report,
      timestamp: new Date(bound.getTime() + (i % 2 === 0 ? -1 : 1)),
    }));
    const outcomes = await exporter[INTERNALS].deliver(reports);
    expect(outcomes.map((outcome) => outcome === 'stored')).to.deep.equal(
      reports.map((_, i) => i % 2 === 1),
    );
    expect(asked).to.have.lengthOf(1);
    await close();
  });

  it('without a bound, takes the oldest, in one request', async () => {
    const { exporter, asked, close } = await answering(
      [[400, { error: 'partial write: points beyond retention policy dropped=4' }]],
      { org: 'o' },
    );
    const reports = plainReports(10).map((report, i) => ({
      ...report,
      timestamp: new Date((i % 3 === 0 ? 1_500_000_000_000 : 1_700_000_000_000) + i),
    }));
    const outcomes = await exporter[INTERNALS].deliver(reports);
    expect(outcomes.map((outcome) => outcome === 'stored')).to.deep.equal(
      reports.map((_, i) => i % 3 !== 0),
    );
    expect(asked).to.have.lengthOf(1);
    await close();
  });
});

describe('InfluxExporter, told of a limit', () => {
  for (const [error, reason] of [
    [
      'partial write: max-values-per-tag limit exceeded (100001/100000): measurement="gauge" tag="user" value="a \\"b\\" c" dropped=1',
      'max-values-per-tag limit exceeded 100000: measurement="gauge" tag="user"',
    ],
    [
      'partial write: max key size exceeded: 65540 > 65535 dropped=1',
      'max key size exceeded: 65535',
    ],
  ] as const)
    it(`counts it without what differs from report to report: ${reason}`, async () => {
      const { exporter, close } = await answering([[400, { error }]], { org: 'o' });
      const [outcome] = await exporter[INTERNALS].deliver(plainReports(1));
      expect(outcome).to.deep.equal({ rejected: reason });
      await close();
    });
});
