import type { Worker } from '../../../exporters/queues/index.js';
import { clearInterval, monotonic, setInterval } from '../../../exporters/timing/real-timers.js';
import { sumOfReasons } from '../../pipeline/ledger-sum.js';

/** Time between two looks, and between two lines on a terminal and elsewhere. */
const LOOK_MS = 500;
const TERMINAL_LINE_MS = 2_000;
const JSON_LINE_MS = 5_000;

/** The work that a worker has done up to a time. */
export interface Standing {
  stored: number;
  /** Taken from the queue, not yet stored. */
  inHand: number;
  /**
   * Refused by the store, and jobs that were not reports: both are among the queue's dead letters.
   */
  rejected: number;
  refused: number;
  /** The reason for which nothing is stored, without secrets. */
  waiting?: string;
}

/**
 * Says what a worker does: one line that is rewritten on a terminal, JSON lines elsewhere. Trouble
 * is printed at once.
 */
export class Progress {
  readonly #worker: Worker;
  readonly #write: (state: string, standing: Standing, perSecond: number) => void;
  readonly #finish: () => void;
  readonly #every: number;
  #timer: NodeJS.Timeout | undefined;
  #state = 'working';
  #reported = {
    time: Number.NEGATIVE_INFINITY,
    stored: 0,
    waiting: undefined as string | undefined,
  };

  private constructor(
    worker: Worker,
    out: NodeJS.WriteStream,
    line: ((text: string) => void) | undefined,
    finish: () => void,
  ) {
    this.#worker = worker;
    this.#every = line === undefined ? JSON_LINE_MS : TERMINAL_LINE_MS;
    this.#finish = finish;
    this.#write =
      line === undefined
        ? (state, standing) =>
            void out.write(
              `${JSON.stringify({ time: new Date().toISOString(), state, ...standing })}\n`,
            )
        : (state, standing, perSecond) => line(asText(state, standing, perSecond));
  }

  static async of(worker: Worker, out: NodeJS.WriteStream): Promise<Progress> {
    // The reader of the output may be gone; the work continues.
    out.on('error', () => {});
    if (!out.isTTY) return new Progress(worker, out, undefined, () => {});
    const { StatusLine } = await import('./status-line.js');
    const line = new StatusLine(out, [process.stderr]);
    return new Progress(
      worker,
      out,
      (text) => line.show(text),
      () => line.end(),
    );
  }

  start(): void {
    this.#say();
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** It was told to end. */
  ending(): void {
    this.#state = 'ending';
    this.#say();
  }

  /** It has ended. */
  end(): void {
    clearInterval(this.#timer);
    this.#state = 'ended';
    this.#say();
    this.#finish();
  }

  #look(): void {
    const due = monotonic() - this.#reported.time >= this.#every;
    if (due || standingOf(this.#worker).waiting !== this.#reported.waiting) this.#say();
  }

  #say(): void {
    const standing = standingOf(this.#worker);
    const time = monotonic();
    const perSecond =
      ((standing.stored - this.#reported.stored) * 1_000) / Math.max(1, time - this.#reported.time);
    this.#reported = { time, stored: standing.stored, waiting: standing.waiting };
    this.#write(this.#state, standing, perSecond);
  }
}

function standingOf(worker: Worker): Standing {
  const { stored, pending, rejected, refused } = worker.ledger();
  const waiting = worker.fault?.message;
  return {
    stored,
    inHand: pending,
    rejected: sumOfReasons(rejected),
    refused: sumOfReasons(refused),
    ...(waiting === undefined ? {} : { waiting }),
  };
}

function asText(
  state: string,
  { stored, inHand, rejected, refused, waiting }: Standing,
  perSecond: number,
): string {
  const number = (value: number): string => Math.round(value).toLocaleString('en');
  const parts = [`${number(stored)} stored`];
  if (state !== 'ended') parts.push(`${number(perSecond)}/s`, `${number(inHand)} in hand`);
  else if (inHand > 0) parts.push(`${number(inHand)} given back`);
  if (rejected > 0) parts.push(`${number(rejected)} refused by the store`);
  if (refused > 0) parts.push(`${number(refused)} not reports`);
  if (waiting !== undefined && state !== 'ended') parts.push(`waiting: ${waiting}`);
  return `kaneda worker, ${state}: ${parts.join(', ')}`;
}
