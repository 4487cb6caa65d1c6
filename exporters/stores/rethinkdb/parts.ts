import type { Outcome } from '../../delivery/store.js';
import { isOwnError } from '../../error-code.js';
import type { Report } from '../../reports/report.js';
import { inSlices } from '../../timing/in-slices.js';
import { tableOf, toDocument } from './documents.js';

/**
 * The part of a batch that goes into one table: its documents as JSON, and their positions in the
 * batch.
 */
export interface Part {
  readonly table: string;
  readonly positions: number[];
  readonly documents: string[];
}

/**
 * Divides a batch by table. Reports that cannot be documents are entered into `outcomes` as
 * rejected.
 * @param tableName the one table of all reports; without it each metric type has its own.
 * @param limit documents a part.
 */
export async function divideByTable(
  reports: readonly Report[],
  outcomes: Outcome[],
  tableName: string | undefined,
  limit: number,
): Promise<Part[]> {
  const parts: Part[] = [];
  const open = new Map<string, Part>();
  const partFor = (table: string): Part => {
    const last = open.get(table);
    if (last !== undefined && last.documents.length < limit) return last;
    const part: Part = { table, positions: [], documents: [] };
    open.set(table, part);
    parts.push(part);
    return part;
  };
  await inSlices(reports, (report, position) => {
    try {
      const document = JSON.stringify(toDocument(report));
      const part = partFor(tableName ?? tableOf(report.metric));
      part.positions.push(position);
      part.documents.push(document);
    } catch (error) {
      if (!isOwnError(error, 'KANEDA_REJECTED')) throw error;
      outcomes[position] = { rejected: error.message };
    }
  });
  return parts;
}
