import { monotonic } from '../../../exporters/timing/real-timers.js';
import { nameOf } from '../text/cells.js';
import { type Sample, Sampler, type ShownMetric, type ShownProcess } from '../top/sampler.js';
import type { CellData, CellsData, ProcessData } from './protocol.js';
import { trackersOf } from './trackers.js';

/** Several pages that ask within this time get the same answer. */
const FRESH_MS = 500;

/** The cells of all processes, for the page. */
export class LiveCells {
  readonly #sampler: Sampler;
  #sample: Sample | undefined;
  #at = Number.NEGATIVE_INFINITY;

  /** `directory`: only processes that publish there. */
  constructor(directory: string | undefined) {
    this.#sampler = new Sampler(directory);
  }

  /** Reads them now, or gives what was read a moment ago. */
  read(): CellsData {
    if (this.#sample === undefined || monotonic() - this.#at > FRESH_MS) {
      this.#sample = this.#sampler.sample();
      this.#at = monotonic();
    }
    const { processes, unreadable, now } = this.#sample;
    return { processes: processes.map((shown) => processData(shown, now)), unreadable };
  }
}

function processData(shown: ShownProcess, now: number): ProcessData {
  const { path, pid, status, metrics, forks, skipped } = shown;
  const { trackers, rest } = trackersOf(metrics);
  const branches = new Set(
    forks.flatMap((fork) => fork.branches.map((branch) => `${fork.name}.${branch.name}`)),
  );
  return {
    path,
    ...(pid !== undefined && { pid }),
    status,
    skipped,
    forks,
    trackers,
    // A branch's counters are in the fork's shares.
    cells: rest
      .filter(({ dimensions }) => !branches.has(dimensions.state ?? '') || !dimensions.metric)
      .map((metric) => cellData(metric, now)),
  };
}

function cellData({ kind, dimensions, value, rate }: ShownMetric, now: number): CellData {
  const name = nameOf(dimensions);
  if (typeof value !== 'object')
    return { name, kind, value: String(value), ...(rate !== undefined && { rate }) };
  if (value.since === null) return { name, kind, value: '' };
  return { name, kind, value: value.text, lasts: Math.max(0, now - value.since.getTime()) };
}
