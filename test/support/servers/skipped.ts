import { appendFileSync } from 'node:fs';

const said = new Set<string>();

/** Names a server that the tests had to do without: at once on standard error, and for the runner's summary. */
export function skipped(server: string, reason: string): void {
  if (!said.has(reason)) process.stderr.write(`\n!!! SKIPPED: ${reason}\n`);
  said.add(reason);
  const file = process.env.KANEDA_SKIPPED_FILE;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ server, reason })}\n`);
}
