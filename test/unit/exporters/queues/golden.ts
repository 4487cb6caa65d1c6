import { readFileSync } from 'node:fs';

interface Golden {
  [message: string]: unknown;
  pickles: {
    good: Record<string, { json: string; p: Record<string, string> }>;
    evil: Record<string, Record<string, string>>;
  };
  'node-pickle-protocol2': { hex: string };
}

/** What RQ 1.13 and 2.10, Celery 5.2 and 5.6 and Python's own pickle wrote, good and hostile. */
export const golden = JSON.parse(
  readFileSync(new URL('./golden.json', import.meta.url), 'utf8'),
) as Golden;

/** The hash of a job that RQ enqueued. */
export function rqHash(name: string): { id: string; field(name: string): Buffer } {
  const { id, hash_base64: hash } = golden[name] as {
    id: string;
    hash_base64: Record<string, string>;
  };
  return { id, field: (field) => Buffer.from(hash[field] ?? '', 'base64') };
}

/** The list item that Celery wrote. */
export function celeryItem(name: string): string {
  return (golden[name] as { list_item: string }).list_item;
}
