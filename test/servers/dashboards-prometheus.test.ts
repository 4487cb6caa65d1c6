import { expect } from 'chai';
import { grafanaTargets } from '../support/dashboards/files.js';
import { KNOWN_REQUESTS } from '../support/dashboards/known.js';
import { startPrometheus } from '../support/servers/prometheus.js';
import { requireServer, type Server } from '../support/servers/server.js';

const MINUTES = 10;
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, '+Inf'] as const;
const INSTANCES = { 'web-1:1': 3, 'web-2:1': 5 };
const DURATION = 'http_server_request_duration_seconds';

describe('the dashboard for Prometheus', function () {
  this.timeout(120_000);
  const targets = grafanaTargets('grafana-prometheus.json');
  // In a block that Prometheus does not take for one of the future.
  const end = Math.floor(Date.now() / 60_000) * 60 - 60;
  let server: Server;

  before(async function () {
    server = await requireServer(this, () => startPrometheus(samples(end)));
  });
  after(() => server?.stop());

  /** Runs a panel's query at the end of the samples: values by a label. */
  const run = async (title: string, label: string, part = 0): Promise<Record<string, number>> => {
    const query = String(targets.get(title)![part]!.expr).replaceAll('$__rate_interval', '5m');
    expect(query).not.to.contain('$');
    const asked = new URLSearchParams({ query, time: String(end) });
    const answer = await fetch(`${server.url}/api/v1/query?${asked}`);
    const { status, error, data } = (await answer.json()) as Answer;
    expect(status, error).to.equal('success');
    return Object.fromEntries(
      data.result.map(({ metric, value }) => [
        metric[label] ?? '',
        Number(Number(value[1]).toFixed(6)),
      ]),
    );
  };

  it('shows requests a second by route', async () => {
    const found = await run('Requests per second by route', 'http_route');
    expect(found).to.deep.equal({ '/': 2, '/slow': 1.466667 });
  });

  it('shows the share of requests that failed', async () => {
    const found = await run('Failed requests by route: their share', 'http_route');
    expect(found).to.deep.equal({ '/slow': 0.090909 });
  });

  it('shows percentiles from buckets, over all processes', async () => {
    const [p50, p95, p99] = await Promise.all(
      [0, 1, 2].map(async (part) => (await run('Duration: p50, p95, p99', '', part))['']),
    );
    expect(p50).to.be.within(0.005, 0.01);
    expect(p95).to.be.within(0.075, 0.1);
    expect(p99).to.be.within(0.09, 0.1);
  });

  it('shows the mean of each route', async () => {
    const found = await run('Mean duration by route', 'http_route');
    expect(found).to.deep.equal({ '/': 0.01, '/slow': 0.1 });
  });

  it('shows gauges by process', async () => {
    expect(await run('Active requests by process', 'instance')).to.deep.equal(INSTANCES);
  });

  it('shows the ledger: what waits, what was rejected or dropped', async () => {
    const title = 'Ledger: pending, rejected, dropped';
    expect(await run(title, 'otel_component_type')).to.deep.equal({ InfluxExporter: 14 });
    expect(await run(title, 'error_type', 1)).to.deep.equal({ 'outbox full': 20 });
  });

  it('has no panel that is not looked at here', () => {
    expect(targets.size).to.equal(6);
  });
});

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly result: { metric: Record<string, string>; value: [number, string] }[] };
}

type Sample = readonly [name: string, labels: Record<string, string>, value: number];

/** Ten minutes of samples, named as the Collector names them. `end`: seconds since the epoch. */
function samples(end: number): string {
  const minutes = Array.from({ length: MINUTES + 1 }, (_, minute) =>
    Object.keys(INSTANCES).flatMap((instance) => samplesOf(minute, instance)),
  );
  const families: [RegExp, string][] = [
    [new RegExp(`^${DURATION}`), `# TYPE ${DURATION} histogram`],
    [/^http_server_active/, '# TYPE http_server_active_requests gauge'],
    [/inflight$/, '# TYPE otel_sdk_exporter_metric_data_point_inflight gauge'],
    [/exported_total$/, '# TYPE otel_sdk_exporter_metric_data_point_exported counter'],
  ];
  const lines = families.flatMap(([name, type]) => [
    type,
    ...minutes.flatMap((found, minute) =>
      found
        .filter(([one]) => name.test(one))
        .map(
          ([one, labels, value]) =>
            `${one}${labelText(labels)} ${value} ${end - (MINUTES - minute) * 60}`,
        ),
    ),
  ]);
  return `${lines.join('\n')}\n# EOF\n`;
}

function samplesOf(minute: number, instance: string): Sample[] {
  const component = { instance, otel_component_type: 'InfluxExporter' };
  return [
    ...KNOWN_REQUESTS.flatMap(([route, count, seconds, status]) => {
      const labels = { instance, http_route: route, http_response_status_code: String(status) };
      const all = count * minute;
      return [
        ...BOUNDS.map(
          (le): Sample => [
            `${DURATION}_bucket`,
            { ...labels, le: String(le) },
            seconds <= Number(le) || le === '+Inf' ? all : 0,
          ],
        ),
        [`${DURATION}_sum`, labels, all * seconds] as const,
        [`${DURATION}_count`, labels, all] as const,
      ];
    }),
    ['http_server_active_requests', { instance }, INSTANCES[instance as keyof typeof INSTANCES]],
    ['otel_sdk_exporter_metric_data_point_inflight', component, 7],
    ['otel_sdk_exporter_metric_data_point_exported_total', component, 100 * minute],
    [
      'otel_sdk_exporter_metric_data_point_exported_total',
      { ...component, error_type: 'outbox full' },
      2 * minute,
    ],
  ];
}

const labelText = (labels: Record<string, string>): string =>
  `{${Object.entries(labels)
    .map(([key, value]) => `${key}="${value}"`)
    .join(',')}}`;
