import type {
  AnyFamily,
  CellStore,
  FamilyOptions,
  GaugeFamily,
  HistogramFamily,
  SumFamily,
  Tags,
} from '../../bridges/cells/store.js';
import { isName } from './metric-names.js';

/** Names of counters, gauges and timings together, past which further ones are refused. */
export const NAME_LIMIT = 10_000;

/** The families of one `Metrics`, by name: found at once, made at a name's first call, as many as `nameLimit` allows. */
export class NamedFamilies {
  readonly sums = new Map<string, SumFamily>();
  readonly gauges = new Map<string, GaugeFamily>();
  readonly timings = new Map<string, HistogramFamily>();
  readonly #cells: () => CellStore;
  readonly #options: FamilyOptions;
  readonly #limit: number;
  #names = 0;

  /** @param cells the store, asked for at the first name. */
  constructor(cells: () => CellStore, options: FamilyOptions, limit = NAME_LIMIT) {
    this.#cells = cells;
    this.#options = options;
    this.#limit = limit;
  }

  /** The number of names. */
  get size(): number {
    return this.#names;
  }

  sum(name: unknown): SumFamily | 'name' | 'names' {
    return this.#make(this.sums, name, (known) =>
      this.#cells().family('sum', known, this.#options),
    );
  }

  gauge(name: unknown): GaugeFamily | 'name' | 'names' {
    return this.#make(this.gauges, name, (known) =>
      this.#cells().family('gauge', known, this.#options),
    );
  }

  timing(name: unknown, unit: string | undefined): HistogramFamily | 'name' | 'names' {
    const options = unit === undefined ? this.#options : { ...this.#options, unit };
    return this.#make(this.timings, name, (known) =>
      this.#cells().family('histogram', known, options),
    );
  }

  /** Everything that handles have added is in the sums. */
  settle(): void {
    for (const family of this.sums.values()) family.settle();
  }

  /** Forgets the series with these tags, whatever was recorded under the name. */
  remove(name: string, tags: Tags | undefined): void {
    for (const families of [this.sums, this.gauges, this.timings]) families.get(name)?.remove(tags);
  }

  #make<Kind extends AnyFamily>(
    known: Map<string, Kind>,
    name: unknown,
    make: (name: string) => Kind,
  ): Kind | 'name' | 'names' {
    if (!isName(name)) return 'name';
    if (this.#names >= this.#limit) return 'names';
    this.#names++;
    const family = make(name);
    known.set(name, family);
    return family;
  }
}
