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
  const remarks = remarksOn(index, await settingsOf(client, index, signal));
  return found === undefined ? { remarks } : { found, remarks };
}

/** An index's settings by their full names; undefined where there is no such index, or the account may not see it. */
export async function settingsOf(
  client: Client,
  index: string,
  signal: AbortSignal,
): Promise<Record<string, unknown> | undefined> {
  const settings = await allowed(() =>
    client.indices.getSettings({ index, flat_settings: true }, { signal, maxRetries: 0 }),
  );
  // An alias answers with the index behind it.
  return Object.values(settings ?? {})[0]?.settings as Record<string, unknown> | undefined;
}

/** What an operator should know of an index's settings. */
export function remarksOn(index: string, settings: Record<string, unknown> = {}): string[] {
  if (settings['index.translog.durability'] !== 'async') return [];
  return [
    `${index} has index.translog.durability: async: what it acknowledged in the last seconds is lost when the server dies; set it to request`,
  ];
}

/** Asks; nothing where the account may not, or there is no such thing. */
export async function allowed<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const { status, fromStore } = readAnswer(error);
    if (fromStore && (status === 403 || status === 404)) return undefined;
    throw classifyFailure(error);
  }
}
