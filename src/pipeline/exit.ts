/** What wants to be told that the process ends. */
export interface Leaving {
  /** Nothing is left to do in the process: the last moment at which anything can be awaited. */
  flushAtExit(): void;
  /** `process.exit()`, or the end: nothing can be awaited any more. */
  spoolAtExit(): void;
}

const leaving = new Set<Leaving>();

/** One pair of listeners for all, however many there are; none while there is nobody to tell. */
export function atExit(one: Leaving): void {
  if (leaving.size === 0) {
    process.on('beforeExit', flush);
    process.on('exit', spool);
  }
  leaving.add(one);
}

/** Is not told any more. */
export function notAtExit(one: Leaving): void {
  if (leaving.delete(one) && leaving.size === 0) {
    process.off('beforeExit', flush);
    process.off('exit', spool);
  }
}

function flush(): void {
  for (const one of leaving) one.flushAtExit();
}

function spool(): void {
  for (const one of leaving) one.spoolAtExit();
}
