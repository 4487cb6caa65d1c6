import { readFileSync } from 'node:fs';

/** A query of a Grafana panel, as the data source of its kind has it. */
export type Target = Readonly<Record<string, unknown>>;

/** The queries of a Grafana dashboard, by the titles of their panels. */
export function grafanaTargets(file: string): Map<string, readonly Target[]> {
  const { panels } = JSON.parse(readFileSync(`dashboards/${file}`, 'utf8')) as {
    panels: { title: string; targets: Target[] }[];
  };
  return new Map(panels.map(({ title, targets }) => [title, targets]));
}

/** A search of a Kibana visualization. */
export interface KibanaSearch {
  readonly index: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The searches of Kibana's visualizations, by their titles, for a time (milliseconds since the epoch). */
export function kibanaSearches(from: number, to: number): Map<string, KibanaSearch> {
  const objects = readFileSync('dashboards/kibana.ndjson', 'utf8')
    .trimEnd()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { type: string; attributes: { title: string; visState: string } },
    );
  return new Map(
    objects
      .filter(({ type }) => type === 'visualization')
      .map(({ attributes: { title, visState } }) => {
        const { data } = JSON.parse(JSON.parse(visState).params.spec);
        return [title, { index: data.url.index, body: filled(data.url.body, from, to) }];
      }),
  );
}

/** Puts in what Kibana puts in: the dashboard's time and, here, no filter. */
function filled<T>(body: T, from: number, to: number): T {
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value))
      return value.filter((one) => !String(one).startsWith('%dashboard_context')).map(fill);
    if (typeof value !== 'object' || value === null) return value;
    if ('%timefilter%' in value) return { gte: from, lte: to, format: 'epoch_millis' };
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one)]));
  };
  return fill(body) as T;
}
