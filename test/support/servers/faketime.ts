import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromApt } from './install.js';
import { temporaryFolder } from './process.js';
import { UnavailableError } from './server.js';

/** The library for programs with several threads, as Node is. */
const LIBRARY = 'faketime/libfaketimeMT.so.1';

/** The time of day of programs that are started with `env`; a test sets it while they run. */
export interface SteppedClock {
  /** For the environment of a program. */
  readonly env: NodeJS.ProcessEnv;
  /** Sets it so many hours after the real time; before it if negative. */
  set(hours: number): void;
}

/**
 * A clock by libfaketime. The monotonic clock and timers are the real ones, as they are where an administrator sets the time.
 * @throws UnavailableError where libfaketime is not to be had
 */
export async function steppedClock(): Promise<SteppedClock> {
  await fromApt('faketime', 'faketime', 'faketime');
  const file = join(temporaryFolder('clock'), 'offset');
  const set = (hours: number): void => {
    writeFileSync(`${file}.new`, `${hours < 0 ? '' : '+'}${hours}h\n`);
    // The program reads it at each look at the clock: never a half of it.
    renameSync(`${file}.new`, file);
  };
  set(0);
  const env = {
    LD_PRELOAD: library(),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    // The name until 0.9.9, and since.
    DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  return { env, set };
}

function library(): string {
  const folders = ['/usr/lib', '/usr/local/lib'].filter((folder) => existsSync(folder));
  const places = folders.flatMap((folder) => [
    folder,
    ...readdirSync(folder).map((name) => join(folder, name)),
  ]);
  const found = places.map((place) => join(place, LIBRARY)).find((path) => existsSync(path));
  if (found === undefined)
    throw new UnavailableError('faketime', `${LIBRARY} is neither in /usr/lib nor /usr/local/lib`);
  return found;
}
