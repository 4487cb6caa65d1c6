import type { Ledger } from '../../../exporters/delivery/ledger.js';

/** The media type of Prometheus's text format. */
export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A worker's ledger in Prometheus's text format. */
export function toPrometheusText(ledger: Ledger, isReady: boolean): string {
  return [
    ...counter('reports_accepted', 'Reports taken from the queue.', ledger.accepted),
    ...counter('reports_stored', 'Reports that are stored.', ledger.stored),
    ...gauge('reports_pending', 'Reports in hand, not stored yet.', ledger.pending),
    ...byReason('reports_rejected', 'Reports that the store rejected.', ledger.rejected),
    ...byReason('reports_dropped', 'Reports that were given up.', ledger.dropped),
    ...byReason('jobs_refused', 'Jobs in the queue that were not reports.', ledger.refused),
    ...gauge('ready', '1 if the queue and the store answer, else 0.', isReady ? 1 : 0),
    '',
  ].join('\n');
}

const PREFIX = 'kaneda_worker_';

const gauge = (name: string, help: string, value: number): string[] => [
  ...head(`${PREFIX}${name}`, help, 'gauge'),
  `${PREFIX}${name} ${value}`,
];

const counter = (name: string, help: string, value: number): string[] => [
  ...head(`${PREFIX}${name}_total`, help, 'counter'),
  `${PREFIX}${name}_total ${value}`,
];

/** Without a reason yet there is no line: its absence is not a 0 of some reason. */
const byReason = (name: string, help: string, counts: Readonly<Record<string, number>>) => [
  ...head(`${PREFIX}${name}_total`, help, 'counter'),
  ...Object.entries(counts).map(
    ([reason, count]) => `${PREFIX}${name}_total{reason="${escapeLabel(reason)}"} ${count}`,
  ),
];

const head = (name: string, help: string, type: string): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
];

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };
/** Reasons are a store's own words. */
const escapeLabel = (text: string): string => text.replace(/[\\"\n]/g, (found) => ESCAPES[found]!);
