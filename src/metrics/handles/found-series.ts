import type { AnyFamily, Tags } from '../../../bridges/cells/store.js';
import { copyTags } from '../call-arguments.js';
import type { Recorder } from '../recorder.js';

/**
 * A series that was found once: its family and slot, good until the family takes a slot back. There
 * is none before the first call, in individual mode, while a provider is awaited, and after
 * `close`: calls then go the way of `increment` and its kin.
 */
export class FoundSeries<Family extends AnyFamily> {
  readonly recorder: Recorder;
  readonly name: string;
  /** A copy. */
  readonly tags: Tags | undefined;
  slot = -1;
  readonly #families: ReadonlyMap<string, Family>;
  /** The place where the series was found. */
  found: Family | undefined;
  #releases = -1;

  constructor(
    recorder: Recorder,
    families: ReadonlyMap<string, Family>,
    name: string,
    tags: Tags | undefined,
  ) {
    this.recorder = recorder;
    this.name = name;
    this.tags = copyTags(tags);
    this.#families = families;
  }

  /** The family, if `slot` is good in it and calls may go there. */
  get family(): Family | undefined {
    const family = this.found;
    return family !== undefined &&
      family.releases === this.#releases &&
      !this.recorder.lifetime.idle
      ? family
      : undefined;
  }

  /** The properties that an inspection of the handle shows. */
  get seen(): object {
    return { name: this.name, tags: this.tags };
  }

  /** Finds the series, after a call for it was taken. */
  find(): void {
    this.found = undefined;
    const { idle, individual } = this.recorder.lifetime;
    const family = idle || individual ? undefined : this.#families.get(this.name);
    if (family === undefined) return;
    this.slot = family.find(this.tags);
    if (this.slot < 0) return;
    this.#releases = family.releases;
    this.found = family;
  }
}
