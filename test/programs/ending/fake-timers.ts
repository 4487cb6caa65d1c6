import { syncBuiltinESMExports } from 'node:module';
import { mock } from 'node:test';
import timers from 'node:timers';
import { ReportExporter } from '../../../exporters/index.js';
import { Collection, Counter } from '../../../src/cantal/index.js';
import { Metrics } from '../../../src/index.js';

/*
 * Records, flushes and closes under fake timers that nobody advances, and again once the real ones are back. Prints the ledgers.
 *
 *     fake-timers.ts mock|module|browser [outbox directory]
 */
const [kind = '', directory = ''] = process.argv.slice(2);
const NAMES = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
] as const;
const real = { ...timers };
const performance = globalThis.performance;
/** The fake timers that somebody took. */
const asked: string[] = [];

const KINDS: Readonly<Record<string, { fake(): void; restore(): void }>> = {
  /** Node's own. */
  mock: {
    fake: () => mock.timers.enable({ apis: ['setInterval', 'setTimeout', 'setImmediate', 'Date'] }),
    restore: () => mock.timers.reset(),
  },
  /** Those of Sinon, Jest and Vitest replace the exports of `node:timers`, `performance` and `queueMicrotask` too. */
  module: {
    fake() {
      for (const name of NAMES)
        Object.assign(globalThis, {
          [name]: () => {
            asked.push(name);
            return { unref() {} };
          },
        });
      for (const name of NAMES) Object.assign(timers, { [name]: globalThis[name] });
      Object.assign(globalThis, { queueMicrotask: () => {}, performance: { now: () => 0 } });
      syncBuiltinESMExports();
    },
    restore() {
      for (const name of NAMES) Object.assign(timers, { [name]: real[name] });
      for (const name of NAMES) Object.assign(globalThis, { [name]: real[name] });
      Object.assign(globalThis, { performance });
      syncBuiltinESMExports();
    },
  },
};

class Taker extends ReportExporter {
  protected async write(): Promise<void> {}
}
const made: Metrics[] = [];
const metrics = (exportInterval = 10_000): Metrics => {
  const options = directory === '' ? {} : { outbox: { directory } };
  const one = new Metrics({ backend: new Taker(options), exportInterval });
  made.push(one);
  return one;
};

const { fake, restore } = KINDS[kind]!;
const kept = metrics();
const collected = metrics(50);
fake();
const closed = metrics();
closed.event('under', 'fake timers');
closed.increment('under');
using _ = closed.timed('under');
await closed.flush({ timeout: 5_000 });
await closed.close({ timeout: 1_000 });
const collection = new Collection();
new Counter({ group: 'under', metric: 'count' }, { collection }).incr();
kept.event('under', 'fake timers');
collected.increment('under');
// Until the SDK is loaded, which the first number does.
await collected.flush({ timeout: 5_000 });
restore();
if (asked.length > 0) throw new Error(`fake timers were taken: ${asked.join(', ')}`);
collected.increment('after');
while (collected.ledger().stored < 2) await new Promise((resolve) => setTimeout(resolve, 10));
kept.event('after', 'real ones');
await kept.flush({ timeout: 5_000 });
await kept.close({ timeout: 1_000 });
process.stdout.write(JSON.stringify(made.map((one) => one.ledger())));
process.exit();
