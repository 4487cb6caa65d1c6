import type { EncodedText } from '../../bridges/cells/single/state-cell.js';
import type { Counter } from './counter.js';

/** The part of a fork that a branch needs. */
export interface Entered {
  enter(branch: Branch): void;
}

/** One way that execution takes in a `Fork`. */
export class Branch {
  /** The branch's name. */
  readonly name: string;
  /** The number of times the branch was left: metric `count`. */
  readonly count: Counter;
  /** Milliseconds spent in it: metric `duration`. */
  readonly duration: Counter;
  /** @internal */
  readonly encoded: EncodedText;
  readonly #fork: Entered;

  /** @internal Made by `Fork`. */
  constructor(
    fork: Entered,
    name: string,
    count: Counter,
    duration: Counter,
    encoded: EncodedText,
  ) {
    this.name = name;
    this.count = count;
    this.duration = duration;
    this.encoded = encoded;
    this.#fork = fork;
  }

  /** Goes this way, in the context that the caller is in: the branch taken before ends. */
  enter(): void {
    this.#fork.enter(this);
  }
}
