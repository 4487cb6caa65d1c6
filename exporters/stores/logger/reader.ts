import { open, stat } from 'node:fs/promises';

/** The part of a file's end that is read again: more than the lines that others may have added since. */
const TAIL_BYTES = 1_048_576;

/** Returns true when the line of a report with this id stands near the end of a file; `undefined` for what cannot be read again, a pipe or a terminal. */
export async function hasLine(filename: string, id: string): Promise<boolean | undefined> {
  if (!(await stat(filename)).isFile()) return undefined;
  const handle = await open(filename, 'r');
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    await handle.read(tail, 0, tail.length, size - tail.length);
    return tail.includes(`"id":${JSON.stringify(id)}`);
  } finally {
    await handle.close();
  }
}
