import { AsyncLocalStorage } from 'node:async_hooks';
import { monotonic } from '../../exporters/timing/real-timers.js';
import type { Branch } from './branch.js';
import { once, run } from './run.js';
import type { State } from './state.js';

/**
 * A difference of two is whole as well, and no fraction is lost over many: each begins where the
 * last one ended.
 */
const wholeMilliseconds = (): number => Math.floor(monotonic());

/** One run through a fork. */
class Context {
  readonly outer: Context | undefined;
  live = true;
  branch: Branch | undefined;
  /**
   * Milliseconds since the epoch at which the branch was entered, before the first branch: the
   * context.
   */
  since = Date.now();
  /** The same on the monotonic clock, which measures durations. */
  #begun = wholeMilliseconds();

  constructor(outer: Context | undefined) {
    this.outer = outer;
  }

  /** The branch taken so far ends, and `next` begins if there is one. */
  commit(next?: Branch): void {
    const now = wholeMilliseconds();
    if (this.branch !== undefined) {
      this.branch.count.incr();
      this.branch.duration.incr(now - this.#begun);
    }
    if (next === undefined) return;
    this.branch = next;
    this.since = Date.now();
    this.#begun = now;
  }
}

/** The contexts of one fork, which may overlap: each asynchronous chain of calls finds its own. */
export class ForkContexts {
  readonly state: State;
  readonly #own = new AsyncLocalStorage<Context | undefined>();
  readonly #live = new Set<Context>();
  /** For branches entered outside of all contexts. */
  readonly #root = new Context(undefined);
  readonly #blank;
  #shown: Context | undefined;

  constructor(state: State) {
    this.state = state;
    this.#blank = state.encode('_');
  }

  enter(branch: Branch): void {
    const context = this.#current() ?? this.#root;
    context.commit(branch);
    this.#show(context);
  }

  run<T>(fn: () => T): T {
    const context = this.#begin();
    return this.#own.run(context, run, fn, {
      failed: () => {},
      ended: () => this.#end(context),
    }) as T;
  }

  open(): Disposable {
    const before = this.#current();
    const context = this.#begin();
    this.#own.enterWith(context);
    return once(() => {
      this.#end(context);
      if (this.#own.getStore() === context) this.#own.enterWith(before);
    });
  }

  #current(): Context | undefined {
    // Looking up the chain's own costs as much as the rest.
    if (this.#live.size === 0) return undefined;
    let context = this.#own.getStore();
    while (context !== undefined && !context.live) context = context.outer;
    return context;
  }

  #begin(): Context {
    const context = new Context(this.#current());
    this.#live.add(context);
    this.#show(context);
    return context;
  }

  #end(context: Context): void {
    context.commit();
    context.live = false;
    this.#live.delete(context);
    if (this.#live.size === 0) {
      this.#shown = undefined;
      this.state.exit();
    } else if (this.#shown === context) {
      let next = context.outer;
      while (next !== undefined && !next.live) next = next.outer;
      this.#show(next ?? (this.#live.values().next().value as Context));
    }
  }

  #show(context: Context): void {
    this.#shown = context;
    this.state.enterEncoded(context.branch?.encoded ?? this.#blank, context.since);
  }
}
