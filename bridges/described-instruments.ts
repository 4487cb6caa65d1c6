import type { AnyFamily } from './cells/store.js';

/**
 * Instruments of families that may be described later. An instrument that is made again with a
 * description gives it to the one that there is.
 */
export class DescribedInstruments {
  readonly #makers = new Map<AnyFamily, () => unknown>();

  /** Makes the family's instrument, and keeps how it is made. */
  make<Instrument>(family: AnyFamily, make: () => Instrument): Instrument {
    this.#makers.set(family, make);
    return make();
  }

  /** Gives the family's instrument the description that the family has now. */
  describe(family: AnyFamily): void {
    this.#makers.get(family)?.();
  }
}
