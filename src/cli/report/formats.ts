import { valueIn } from '../../reading/summary/group.js';
import { PERCENTILES } from '../../reading/summary/options.js';
import { roundSum } from '../../reading/summary/shown.js';
import type { Summary } from '../../reading/summary/summary.js';

/** One JSON value: a list of rows. What is not known is `null`. */
export const asJson = (rows: readonly Summary[]): string =>
  JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'number' ? roundSum(value) : (value ?? null),
  );

/** A row a line under one of names, as RFC 4180 has it; what is not known is empty. */
export function asCsv(rows: readonly Summary[], by: readonly string[]): string {
  const head = [
    ...['time', 'name', 'metric', 'unit', ...by, 'instance', 'count', 'sum', 'rate'],
    ...['min', 'max', 'mean', ...PERCENTILES.map((p) => `p${p * 100}`), 'errors', 'last'],
  ];
  const lines = rows.map((row) => [
    ...[row.time.toISOString(), row.name, row.metric, row.unit],
    ...by.map((tag) => valueIn(row.group, tag)),
    ...[row.instance, row.count, row.sum, row.rate, row.min, row.max, row.mean],
    ...PERCENTILES.map((p) => row.percentiles?.[p]),
    ...[row.errors, row.last],
  ]);
  return [head, ...lines].map((cells) => cells.map(quoteCell).join(',')).join('\r\n');
}

function quoteCell(cell: unknown): string {
  const text = String(typeof cell === 'number' ? roundSum(cell) : (cell ?? ''));
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
