import type { Client } from '@elastic/elasticsearch';
import type { Examination } from '../../setup/examination.js';
import { readAnswer } from './answers.js';
import { classifyFailure } from './outcomes.js';

/**
 * Looks whether a document can be read back, and what of its index an operator should know. What the account may not see is
 * left out.
 * @throws what a connection throws.
 */
export async function examineDocument(
  client: Client,
  index: string,
  id: string,
  signal: AbortSignal,
): Promise<Examination> {
  const found = await allowed(() => client.exists({ index, id }, { signal, maxRetries: 0 }));
  const settings = await allowed(() =>
    client.indices.getSettings({ index, flat_settings: true }, { signal, maxRetries: 0 }),
  );
  const remarks: string[] = [];
  const set = settings?.[index]?.settings as Record<string, unknown> | undefined;
  if (set?.['index.translog.durability'] === 'async') {
    remarks.push(
      `${index} has index.translog.durability: async: what it acknowledged in the last seconds is lost when the server dies; set it to request`,
    );
  }
  return found === undefined ? { remarks } : { found, remarks };
}

/** Asks; nothing where the account may not. */
async function allowed<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const { status, fromStore } = readAnswer(error);
    if (fromStore && (status === 403 || status === 404)) return undefined;
    throw classifyFailure(error);
  }
}
