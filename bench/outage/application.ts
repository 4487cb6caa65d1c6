/*
 * An application that records at a steady rate, through the exporter or queue that it is told to use, and measures itself meanwhile.
 * Arguments: the module, its class, its options as JSON. Its parent asks by messages, see `Asked`.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../exporters/delivery/ledger.js';
import type { ReportExporter } from '../../exporters/report-exporter.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { threadTime } from '../store-race.js';

/** Record so many reports in so many milliseconds; record none until all that is pending is stored; end. */
export type Asked = { record: number; within: number } | 'drain' | 'end';

/** What it measured from the beginning of what it was asked for to its end. */
export interface Answer {
  ledger: Ledger;
  /** Bytes of the process, at the beginning and at most. */
  rss: { before: number; most: number };
  /** Bytes that live, garbage collected first, at the end: heap, buffers, native memory of the runtime. */
  used: number;
  /** Milliseconds of the event loop's longest turn by the clock, in which others may have had the processor, and what this thread computed in one. */
  longest: { clock: number; computed: number };
  milliseconds: number;
}

/** Milliseconds between two turns of recording, which are also those that a longest turn is looked for in, and between two looks at the memory. */
const TURN = 10;
const LOOK = 250;
const DRAINED_WITHIN = 600_000;

const [module, name, options] = process.argv.slice(2) as [string, string, string];
const classes = (await import(`../../${module}`)) as Record<
  string,
  new (
    options: object,
  ) => ReportExporter
>;
const exporter = new classes[name]!(JSON.parse(options) as object);
const queue = 'take' in exporter ? { queue: exporter as never } : { backend: exporter };
const metrics = new Metrics({ ...queue, mode: 'individual' });

process.on('message', async (asked: Asked) => {
  if (asked === 'end') {
    await metrics.close();
    process.exit(0);
  }
  process.send!(
    await measured(() => (asked === 'drain' ? drain() : record(asked.record, asked.within))),
  );
});
process.send!('ready');

async function measured(work: () => Promise<void>): Promise<Answer> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const look = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, LOOK);
  let [last, computed] = [threadTime(), 0];
  const watch = setInterval(() => {
    const now = threadTime();
    computed = Math.max(computed, now - last);
    last = now;
  }, TURN);
  const start = performance.now();
  const turns = monitorEventLoopDelay({ resolution: 1 });
  turns.enable();
  await work();
  turns.disable();
  for (const timer of [look, watch]) clearInterval(timer);
  const milliseconds = performance.now() - start;
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const longest = { clock: turns.max / 1e6, computed };
  return {
    ledger: metrics.ledger(),
    rss: { before, most },
    used: heapUsed + external,
    longest,
    milliseconds,
  };
}

/** What a late turn missed is spread over the next ones: to catch up at once would block as well. */
async function record(count: number, within: number): Promise<void> {
  const each = Math.ceil((2 * count * TURN) / within);
  const start = performance.now();
  for (let recorded = 0; recorded < count; await sleep(TURN)) {
    const due = Math.min(
      count,
      (count * (performance.now() - start + TURN)) / within,
      recorded + each,
    );
    for (; recorded < due; recorded++) {
      metrics.increment('http.server.requests', { route: `/items/${recorded % 50}`, status: 200 });
    }
  }
}

async function drain(): Promise<void> {
  for (const end = Date.now() + DRAINED_WITHIN; metrics.ledger().pending > 0; await sleep(20)) {
    if (Date.now() > end)
      throw new Error(`not everything arrives: ${JSON.stringify(metrics.ledger())}`);
  }
}
