/** A line of the log file, as far as the summary looks at it. */
export interface Line {
  readonly name: string;
  readonly metric: string;
  readonly value?: unknown;
  readonly tags?: Readonly<Record<string, unknown>> | readonly string[];
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
}

/** The summary of what was stored about one route. */
export interface RouteSummary {
  readonly route: string;
  /** Requests by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Seconds. */
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
}

/** The summary of what a demo stored: read back from the lines of its log file. */
export interface Summary {
  readonly routes: readonly RouteSummary[];
  readonly events: number;
  readonly customs: number;
  /** The text of an event, if there was one. */
  readonly example: string | undefined;
}

/** @param text the whole log file, one JSON object a line. */
export function summarize(text: string): Summary {
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
  const events = lines.filter((line) => line.metric === 'event');
  const routes = new Set(
    lines.filter((line) => line.name === 'shop.duration').map((line) => tag(line, 'route')),
  );
  return {
    routes: [...routes].map((route) =>
      summaryOf(
        String(route),
        lines.filter((line) => tag(line, 'route') === route),
      ),
    ),
    events: events.length,
    customs: lines.filter((line) => line.metric === 'order').length,
    example: events[0] && String(events[0].value),
  };
}

function summaryOf(route: string, lines: readonly Line[]): RouteSummary {
  const statuses = new Map<number, number>();
  for (const line of lines) {
    if (line.name !== 'shop.requests') continue;
    const status = Number(tag(line, 'status'));
    // A counter's reports add up.
    statuses.set(status, (statuses.get(status) ?? 0) + Number(line.value));
  }
  const timing = lines.find((line) => line.name === 'shop.duration');
  return { route, statuses, p50: timing?.p50, p95: timing?.p95, p99: timing?.p99 };
}

const tag = (line: Line, key: string): unknown =>
  Array.isArray(line.tags) ? undefined : (line.tags as Record<string, unknown> | undefined)?.[key];

/** All requests that were stored, and those of them that failed on the server's side. */
export function totals({ routes }: Summary): { requests: number; errors: number } {
  const all = routes.flatMap(({ statuses }) => [...statuses]);
  const sum = (entries: typeof all): number =>
    entries.reduce((total, [, count]) => total + count, 0);
  return { requests: sum(all), errors: sum(all.filter(([status]) => status >= 500)) };
}
