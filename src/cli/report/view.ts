import pc from 'picocolors';
import { valueIn } from '../../reading/summary/group.js';
import { PERCENTILES } from '../../reading/summary/options.js';
import type { Summary } from '../../reading/summary/summary.js';
import { TIMINGS } from '../../reading/summary/values.js';
import { printable } from '../text/cells.js';
import { table } from '../text/table.js';
import { countText, number, rateText, valueText } from './numbers.js';

const NOTHING = '–';
const UNKNOWN = '?';

/** On a terminal alone: where CI is set, colours would go into files as well. */
const bold = (text: string): string => (process.stdout.isTTY ? pc.bold(text) : text);

/** A column of the table: its head, and what it shows of a row. */
interface Column {
  readonly head: string;
  readonly cell: (row: Summary) => string;
}

/** The rows as lines of a table. Text that was stored cannot steer the terminal. */
export function asTable(rows: readonly Summary[], by: readonly string[], step: boolean): string {
  const columns = columnsOf(rows, by, step);
  const lines = table([
    columns.map(({ head }) => bold(head)),
    ...rows.map((row) => columns.map(({ cell }) => printable(cell(row)))),
  ]);
  const reasons = reasonsIn(rows);
  if (reasons.length > 0)
    lines.push('', ...reasons.map((reason) => `${UNKNOWN}  unknown: ${reason}`));
  return lines.join('\n');
}

/** The reasons for which percentiles are unknown. */
function reasonsIn(rows: readonly Summary[]): string[] {
  const reasons: string[] = [];
  const without = rows.reduce((sum, { withoutDistribution }) => sum + withoutDistribution, 0);
  if (without > 0)
    reasons.push(
      `${without.toLocaleString('en')} reports hold no distribution, as those of earlier versions`,
    );
  if (rows.some((row) => row.withoutDistribution === 0 && isUnknown(row)))
    reasons.push(
      'reports hold buckets that do not add up, exponential and explicit ones, or ones without a common bound',
    );
  return reasons;
}

const isUnknown = ({ metric, count, percentiles }: Summary): boolean =>
  TIMINGS.has(metric) && count > 0 && percentiles === undefined;

function columnsOf(rows: readonly Summary[], by: readonly string[], step: boolean): Column[] {
  const columns: Column[] = [
    { head: 'name', cell: ({ name }) => name },
    ...by.map((tag) => ({
      head: tag,
      cell: (row: Summary) => String(valueIn(row.group, tag) ?? NOTHING),
    })),
  ];
  if (step) columns.push({ head: 'time', cell: ({ time }) => time.toISOString() });
  if (rows.some(({ instance }) => instance !== undefined))
    columns.push({ head: 'instance', cell: ({ instance }) => instance ?? '' });
  columns.push(
    { head: 'rate', cell: ({ rate }) => (rate === undefined ? NOTHING : rateText(rate)) },
    { head: 'count', cell: ({ count }) => countText(count) },
    ...PERCENTILES.map((p) => ({
      head: `p${p * 100}`,
      cell: (row: Summary) => percentile(row, p),
    })),
    { head: 'errors', cell: errorsOf },
  );
  if (rows.some(({ metric }) => metric === 'gauge')) columns.push({ head: 'last', cell: lastOf });
  return columns;
}

function percentile(row: Summary, p: number): string {
  if (isUnknown(row)) return UNKNOWN;
  const { percentiles, unit } = row;
  const value = percentiles?.[p];
  return value === undefined ? NOTHING : valueText(value, unit);
}

function errorsOf({ errors, count }: Summary): string {
  if (errors === undefined) return NOTHING;
  if (errors === 0 || count === 0) return countText(errors);
  return `${countText(errors)} (${number((errors / count) * 100, 2)} %)`;
}

const lastOf = ({ metric, last, unit }: Summary): string =>
  metric === 'gauge' && typeof last === 'number' ? valueText(last, unit) : '';
