import type {
  AnyFamily,
  CellStore,
  Description,
  FamilyKind,
  FamilyOptions,
  GaugeFamily,
  HistogramFamily,
  SumFamily,
  Tags,
} from '../../bridges/cells/store.js';
import { readTags } from './call-arguments.js';
import { Descriptions } from './descriptions.js';
import { FamilyMap } from './family-map.js';
import { isName } from './metric-names.js';

/** Names of counters, gauges and timings together, past which further ones are refused. */
export const NAME_LIMIT = 10_000;

/** The reason for which a name's first call makes no family. */
type NoFamily = 'name' | 'names' | 'tag';

/**
 * The families of one `Metrics`, by name: found at once, made at a name's first call, as many as
 * `nameLimit` allows.
 */
export class NamedFamilies {
  readonly sums = new FamilyMap<SumFamily>();
  readonly gauges = new FamilyMap<GaugeFamily>();
  readonly timings = new FamilyMap<HistogramFamily>();
  readonly descriptions: Descriptions;
  readonly #cells: () => CellStore;
  readonly #options: FamilyOptions;
  readonly #limit: number;
  #names = 0;

  /** @param cells the store, asked for at the first name. */
  constructor(cells: () => CellStore, options: FamilyOptions, limit = NAME_LIMIT) {
    this.#cells = cells;
    this.#options = options;
    this.#limit = limit;
    this.descriptions = new Descriptions(limit);
  }

  /** The number of names. */
  get size(): number {
    return this.#names;
  }

  /** @param tags of the first call. */
  sum(name: unknown, tags: Tags | undefined): SumFamily | NoFamily {
    return this.#make(this.sums, name, tags, (known) =>
      this.#cells().family('sum', known, this.#optionsOf(known)),
    );
  }

  /** @param tags of the first call. */
  gauge(name: unknown, tags: Tags | undefined): GaugeFamily | NoFamily {
    return this.#make(this.gauges, name, tags, (known) =>
      this.#cells().family('gauge', known, this.#optionsOf(known)),
    );
  }

  /** @param tags of the first call. */
  timing(
    name: unknown,
    tags: Tags | undefined,
    unit: string | undefined,
  ): HistogramFamily | NoFamily {
    return this.#make(this.timings, name, tags, (known) =>
      this.#cells().family('histogram', known, this.#optionsOf(known, unit)),
    );
  }

  /**
   * Adds to the description of a name, whatever is recorded under it. Answers what stands in the
   * way, in words; `'name'` for a bad one, `'names'` if there are too many.
   */
  describe(name: string, description: Description): string | undefined {
    if (!isName(name)) return 'name';
    const faults = [this.descriptions.add(name, description)];
    if (faults[0] !== undefined) return faults[0];
    for (const families of [this.sums, this.gauges, this.timings]) {
      const family = families.get(name);
      faults.push(family?.describe(forKind(family.kind, description)));
    }
    return faults.find((fault) => fault !== undefined);
  }

  /** Everything that handles have added is in the sums. */
  addDeferred(): void {
    for (const family of this.sums.values()) family.addDeferred();
  }

  /** Forgets the series with these tags, whatever was recorded under the name. */
  remove(name: string, tags: Tags | undefined): void {
    for (const families of [this.sums, this.gauges, this.timings]) families.get(name)?.remove(tags);
  }

  #optionsOf(name: string, unit?: string): FamilyOptions {
    return { ...this.#options, ...(unit !== undefined && { unit }), ...this.descriptions.of(name) };
  }

  #make<Kind extends AnyFamily>(
    known: Map<string, Kind>,
    name: unknown,
    tags: Tags | undefined,
    make: (name: string) => Kind,
  ): Kind | NoFamily {
    if (!isName(name)) return 'name';
    if (this.#names >= this.#limit) return 'names';
    // A refused call takes up no name.
    if (readTags(tags) === null) return 'tag';
    this.#names++;
    const family = make(name);
    // A family of cells that are shared may be there already, with less of a description.
    family.describe(forKind(family.kind, this.descriptions.of(name)));
    known.set(name, family);
    return family;
  }
}

/** The part of a description that is about families of a kind. */
function forKind(kind: FamilyKind, { monotonic, buckets, ...all }: Description): Description {
  return {
    ...all,
    ...(kind === 'sum' && monotonic !== undefined && { monotonic }),
    ...(kind === 'histogram' && buckets !== undefined && { buckets }),
  };
}
