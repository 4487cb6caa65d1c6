import type { Client } from '@elastic/elasticsearch';
import { isOwnError } from '../../error-code.js';
import { ImproperlyConfiguredError } from '../../errors.js';
import type { Report } from '../../reports/report.js';
import type { Examination } from '../../setup/examination.js';
import { nextTurn } from '../../timing/real-timers.js';
import { readAnswer } from './answers.js';
import { classifyFailure } from './outcomes.js';
import { type Page, PointInTime } from './point-in-time.js';
import type { SummaryQuery } from './sums.js';

/**
 * The reports in the indices `NAME-YYYY.MM.DD`, as they were when the reading began, for a summary
 * in any order. The next page is requested while the current page is processed. Sums of counters
 * come first, and then the reports that are not in them.
 * @throws ImproperlyConfiguredError where the account cannot read, or the index does not exist.
 */
export async function* readIndices(
  client: Client,
  indexName: string,
  query: SummaryQuery,
): AsyncGenerator<readonly Report[], void> {
  const reading = new PointInTime(client, indexName, query);
  let isEmpty = true;
  try {
    await reading.open();
    const sums = await query.sums?.inElasticsearch(reading, query, query.sums);
    if (sums !== undefined) {
      isEmpty = false;
      reading.leaveOut(sums.documents);
      yield sums.reports;
    }
    let coming: Promise<Page> | undefined = reading.next();
    while (coming !== undefined) {
      const page: Page = await coming;
      coming = page.isLast ? undefined : reading.next();
      // A reader that leaves the loop does not wait for it.
      coming?.catch(() => {});
      isEmpty &&= page.isEmpty;
      for (const part of page.reports()) {
        // Lets the request go out, and its answer come in.
        await nextTurn();
        yield part;
      }
    }
    if (isEmpty) await assertThere(client, indexName, query.signal);
  } catch (error) {
    throw query.signal.aborted ? error : explainError(error, indexName);
  } finally {
    await reading.close();
  }
}

/** Nothing found may mean that nothing is there. */
async function assertThere(client: Client, indexName: string, signal: AbortSignal): Promise<void> {
  const isThere = await client.indices.exists(
    { index: `${indexName}-*`, allow_no_indices: false },
    { signal: AbortSignal.any([signal]) },
  );
  if (isThere) return;
  throw new ImproperlyConfiguredError(
    `Elasticsearch has no index ${indexName}-*: correct indexName, or let the application store something first`,
  );
}

function explainError(error: unknown, indexName: string): unknown {
  if (isOwnError(error, 'KANEDA_IMPROPERLY_CONFIGURED')) return error;
  const { status, type, fromStore } = readAnswer(error);
  if (!fromStore) return classifyFailure(error);
  if (status !== 403) return status === 401 ? classifyFailure(error) : error;
  const role = `{"indices":[{"names":["${indexName}-*"],"privileges":["read","view_index_metadata"]}]}`;
  return new ImproperlyConfiguredError(
    `Elasticsearch refuses the query (${type}): give the account a role with ${role}`,
    { cause: error },
  );
}

/**
 * Checks that a document can be read back, and collects remarks on its index for the operator.
 * Settings that the account cannot see are left out.
 * @throws the error of the connection.
 */
export async function examineDocument(
  client: Client,
  index: string,
  id: string,
  signal: AbortSignal,
): Promise<Examination> {
  const found = await askIfAllowed(() => client.exists({ index, id }, { signal, maxRetries: 0 }));
  const remarks = remarksOn(index, await settingsOf(client, index, signal));
  return found === undefined ? { remarks } : { found, remarks };
}

/**
 * An index's settings by their full names; undefined where there is no such index, or the account
 * may not see it.
 */
export async function settingsOf(
  client: Client,
  index: string,
  signal: AbortSignal,
): Promise<Record<string, unknown> | undefined> {
  const settings = await askIfAllowed(() =>
    client.indices.getSettings({ index, flat_settings: true }, { signal, maxRetries: 0 }),
  );
  // An alias answers with the index behind it.
  return Object.values(settings ?? {})[0]?.settings as Record<string, unknown> | undefined;
}

/** Returns the operator's remarks on an index's settings. */
export function remarksOn(index: string, settings: Record<string, unknown> = {}): string[] {
  if (settings['index.translog.durability'] !== 'async') return [];
  return [
    `${index} has index.translog.durability: async: what it acknowledged in the last seconds is lost when the server dies; set it to request`,
  ];
}

/** Asks; nothing where the account may not, or there is no such thing. */
export async function askIfAllowed<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const { status, fromStore } = readAnswer(error);
    if (fromStore && (status === 403 || status === 404)) return undefined;
    throw classifyFailure(error);
  }
}
