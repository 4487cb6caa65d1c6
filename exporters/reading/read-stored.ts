import { explain } from '../diagnostics/explain.js';
import { cleanError } from '../diagnostics/secrets.js';
import type { Report } from '../reports/report.js';
import { keepProcessAliveFor } from '../timing/keep-alive.js';
import { untilAborted } from '../timing/until-aborted.js';
import { matches, type ReadQuery } from './query.js';

type Pages = AsyncIterable<readonly Report[]>;

/** The parts of its exporter that reading needs. */
interface Surroundings {
  readonly secrets: readonly string[];
  /** Runs a step: in the background where the connections are the reader's own. */
  readonly callStore: <T>(run: () => T) => T;
}

/**
 * Reads a store's pages to their end. A page that somebody waits for keeps the process running; a
 * reader that was left alone does not.
 * @throws the store's error, explained and without the secrets; the signal's reason once it is
 * aborted.
 */
export async function* readStored(
  pages: Pages,
  query: ReadQuery,
  { callStore, secrets }: Surroundings,
): AsyncGenerator<readonly Report[], void> {
  const { signal } = query;
  const iterator = pages[Symbol.asyncIterator]();
  const next = () => callStore(() => keepProcessAliveFor(untilAborted(iterator.next(), signal)));
  try {
    for (let one = await next(); !one.done; one = await next()) {
      const page = one.value.filter((report) => matches(query, report));
      if (page.length > 0) yield page;
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw cleanError(explain(error), secrets);
  } finally {
    // Closing may have to wait for a page that is still being read; the caller does not wait.
    iterator.return?.().catch(() => {});
  }
}
