import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problems } from '../../diagnostics/problems.js';
import { GONE, Spool, type SpooledEntry } from './spool.js';

/** Spools open at once; more are taken over when these are empty. */
const MAX_ADOPTED_SPOOLS = 16;

/** A spool that was taken over, with what is in it. */
export interface Inheritance {
  readonly spool: Spool;
  readonly entries: readonly SpooledEntry[];
}

/**
 * Takes over what processes that are gone left in a directory under one of `names`, oldest first:
 * locked spools belong to a process that lives. Damaged ones are set aside and said.
 */
export async function inherit(
  directory: string,
  names: readonly string[],
  problems: Problems,
): Promise<Inheritance[]> {
  const inherited: Inheritance[] = [];
  for (const entry of await candidates(directory, names)) {
    if (inherited.length === MAX_ADOPTED_SPOOLS) break;
    const adopted = await Spool.adopt(join(directory, entry));
    if (adopted.state === 'damaged') {
      tellDamage(
        problems,
        entry,
        `an outbox of an earlier process cannot be read and is set aside as ${join(directory, adopted.path)}`,
      );
    } else if (adopted.state === 'adopted') {
      if (adopted.damage !== undefined)
        tellDamage(
          problems,
          entry,
          `the outbox ${join(directory, entry)} is damaged, some of its reports are lost: ${adopted.damage}`,
        );
      if (adopted.entries.length > 0)
        inherited.push({ spool: adopted.spool, entries: adopted.entries });
      else await adopted.spool.remove();
    }
  }
  return inherited;
}

function tellDamage(problems: Problems, entry: string, text: string): void {
  problems.tell('KANEDA_OUTBOX', `${text}. Check the disk`, {
    kind: `damaged ${entry}`,
    remedy: 'check the disk',
  });
}

/** The oldest first: their names end with the time. */
async function candidates(directory: string, own: readonly string[]): Promise<string[]> {
  const pattern = new RegExp(`^(?:${own.join('|')})-\\d+-\\d+-[0-9a-f]{8}$`);
  const names = await readdir(directory).catch(() => []);
  const half = names.filter(
    (entry) => entry.endsWith(GONE) && pattern.test(entry.slice(0, -GONE.length)),
  );
  // A process died while it deleted them.
  await Promise.all(
    half.map((entry) =>
      rm(join(directory, entry), { recursive: true, force: true }).catch(() => {}),
    ),
  );
  const age = (entry: string): string => entry.slice(entry.search(/-\d+-\d+-[0-9a-f]{8}$/));
  return names.filter((entry) => pattern.test(entry)).sort((a, b) => (age(a) < age(b) ? -1 : 1));
}
