import type { Description, Tags } from '../../bridges/cells/store.js';

/** The calls of a `Metrics` that a source makes. */
export interface Target {
  gauge(name: string, value: number, tags?: Tags): void;
  increment(name: string, tags?: Tags, by?: number): void;
  timing(name: string, value: number, tags?: Tags): void;
}

/**
 * Passes the calls on, and remembers the gauges, which would still be exported when nothing sets
 * them any more.
 */
export class Remembering implements Target {
  readonly #metrics: Target & { remove(name: string, tags?: Tags): void };
  readonly #gauges = new Map<string, { name: string; tags: Tags | undefined }>();

  constructor(metrics: Target & { remove(name: string, tags?: Tags): void }) {
    this.#metrics = metrics;
  }

  gauge(name: string, value: number, tags?: Tags): void {
    this.#gauges.set(`${name} ${JSON.stringify(tags)}`, { name, tags });
    this.#metrics.gauge(name, value, tags);
  }

  increment(name: string, tags?: Tags, by?: number): void {
    this.#metrics.increment(name, tags, by);
  }

  timing(name: string, value: number, tags?: Tags): void {
    this.#metrics.timing(name, value, tags);
  }

  /** Forgets the gauges, after they were exported once more. */
  forget(): void {
    for (const { name, tags } of this.#gauges.values()) this.#metrics.remove(name, tags);
  }
}

/** Something about the process that is measured. */
export interface Source {
  /** The instruments that it records, by name. Names are OpenTelemetry's where it has one. */
  readonly descriptions: Readonly<Record<string, Description>>;
  /** Begins to measure. */
  start(): void;
  /** Records what is now, and what was since the last time. */
  sample(metrics: Target): void;
  stop(): void;
}
