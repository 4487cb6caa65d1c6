import type { Dimensions } from '../../bridges/cells/cell.js';
import { assertOptions } from '../../exporters/setup/option-rules.js';
import { Branch } from './branch.js';
import { METRIC, type MetricOptions } from './collection.js';
import { Counter } from './counter.js';
import { ForkContexts } from './fork-contexts.js';
import { furtherDimensions } from './further-dimensions.js';
import { State } from './state.js';

/** Dimensions of a fork: `state` names it. */
export type ForkDimensions = Dimensions & { readonly state: string };

class ForkOfBranches {
  readonly #contexts: ForkContexts;

  constructor(branches: readonly string[], named: ForkDimensions, options: MetricOptions = {}) {
    checkNames(branches);
    // Before the first metric has its place.
    assertOptions('new Fork', options, METRIC);
    const { state, ...dimensions } = furtherDimensions('A Fork', named, ['metric']);
    const shown = new State({ ...dimensions, state }, options);
    const contexts = new ForkContexts(shown);
    this.#contexts = contexts;
    for (const name of branches) {
      const count = new Counter(
        { ...dimensions, state: `${state}.${name}`, metric: 'count' },
        options,
      );
      const duration = new Counter(
        { ...dimensions, state: `${state}.${name}`, metric: 'duration' },
        options,
      );
      const value = new Branch(contexts, name, count, duration, shown.encode(name));
      Object.defineProperty(this, name, { value, enumerable: true });
    }
  }

  /**
   * A context that lasts until the block ends: `using _ = fork.context()`. For asynchronous work
   * that overlaps use `context(fn)`.
   */
  context(): Disposable;
  /**
   * Runs `fn` in a context of its own, until its promise is settled if it returns one: branches
   * entered in it, however deep, end no other context's branch. Returns what `fn` does.
   */
  context<T>(fn: () => T): T;
  context<T>(fn?: () => T): T | Disposable {
    return fn ? this.#contexts.run(fn) : this.#contexts.open();
  }
}

function checkNames(branches: readonly string[]): void {
  if (!Array.isArray(branches))
    throw new TypeError(
      "A fork's branches are a list of names: new Fork(['reading'], { state: 'loop' }).",
    );
  const seen = new Set<string>();
  for (const name of branches) {
    if (typeof name !== 'string')
      throw new TypeError(`A fork's branches are named by strings; got ${typeof name}.`);
    if (RESERVED.has(name))
      throw new TypeError(`A fork's branch cannot be named ${name}: choose another name.`);
    if (seen.has(name))
      throw new TypeError(`The fork has two branches named ${name}: name each once.`);
    seen.add(name);
  }
}

// `_` is what the state shows before the first branch.
const RESERVED = new Set(['context', '_']);

/**
 * A split of time into branches: in a context, execution is in one branch at a time, and each
 * branch counts how often it was taken and the milliseconds spent in it; a state shows the one
 * taken now.
 *
 * One property for each branch, typed by the names given:
 * `new Fork(['reading', 'writing'], { state: 'loop' }).reading.enter()`.
 */
export type Fork<Name extends string = string> = ForkOfBranches & { readonly [K in Name]: Branch };

export const Fork = ForkOfBranches as {
  /**
   * @param branches names of the branches; not `context`, `_`, and each once.
   * @param dimensions `state` names the fork; others, but `metric`, go to each of its metrics.
   * Throws `TypeError` for bad names, and what the metrics throw.
   */
  new <const Name extends string>(
    branches: readonly Name[],
    dimensions: ForkDimensions,
    options?: MetricOptions,
  ): Fork<Name>;
};
