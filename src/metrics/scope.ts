import type { Tags, TagValue } from '../../bridges/cells/store.js';
import { copyTags } from './call-arguments.js';

/** The group and tags that a child of a `Metrics` adds to its calls. */
export interface ChildOptions {
  /** Comes before every name, as it is: `'shop.'`. */
  prefix?: string;
  /** Tags of every call; a tag of the call with the same key replaces the child's. */
  tags?: Readonly<Record<string, TagValue>>;
}

/** Full names that are kept ready for one child; those past it are put together at each call. */
const MAX_NAMES = 1_000;

type TagRecord = Readonly<Record<string, unknown>>;

/**
 * The prefix and tags of a child and of the children above it. What is wrong with them refuses the
 * child's calls.
 */
export class Scope {
  readonly #prefix: unknown;
  readonly #tags: Tags | undefined;
  readonly #names = new Map<string, string>();

  private constructor(prefix: unknown, tags: Tags | undefined) {
    this.#prefix = prefix;
    this.#tags = tags;
  }

  /** The scope of a child; never throws. */
  static of(parent: Scope | undefined, options: unknown): Scope {
    const { prefix = '', tags } = read(options);
    const own = copyTags(tags as Tags | undefined);
    const above = parent === undefined ? '' : parent.#prefix;
    return new Scope(
      typeof prefix === 'string' && typeof above === 'string' ? above + prefix : null,
      own !== undefined && !isTagRecord(own)
        ? NO_TAGS
        : joinTags(parent === undefined ? undefined : parent.#tags, own),
    );
  }

  /** The prefix and tags, to be seen where a child is inspected. */
  get seen(): object {
    return { prefix: this.#prefix || undefined, tags: this.#tags };
  }

  /** The full name. One that is not a non-empty string stays as it is, to be refused. */
  name<Name extends string | undefined>(name: Name): Name {
    if (typeof name !== 'string' || name === '') return name;
    let full = this.#names.get(name);
    if (full === undefined) {
      if (typeof this.#prefix !== 'string') return null as unknown as Name;
      full = this.#prefix + name;
      if (this.#names.size < MAX_NAMES) this.#names.set(name, full);
    }
    return full as Name;
  }

  /** The tags of a call with the child's. */
  readonly tags = (tags: Tags | undefined): Tags | undefined => joinTags(this.#tags, tags);
}

/** Tags that every recording refuses. */
const NO_TAGS = null as unknown as undefined;

/**
 * Tags above with those below, which win. A list has no keys: the tags above join it as
 * `key:value`, unless it has an item with that key already. Tags that are neither stay as they are,
 * to be refused.
 */
function joinTags(above: Tags | undefined, below: Tags | undefined): Tags | undefined {
  if (above === undefined || above === null) return above === null ? NO_TAGS : below;
  if (below === undefined) return above;
  try {
    if (Array.isArray(below)) return withItems(below, above as TagRecord);
    return isTagRecord(below) ? ({ ...above, ...below } as Tags) : below;
  } catch {
    return NO_TAGS;
  }
}

function withItems(list: readonly unknown[], above: TagRecord): Tags {
  const items = Object.entries(above)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => [`${key}:`, value] as const)
    .filter(([key]) => !list.some((item) => typeof item === 'string' && item.startsWith(key)));
  if (items.some(([, value]) => typeof value === 'object')) return NO_TAGS as unknown as Tags;
  return [...list, ...items.map(([key, value]) => key + String(value))] as string[];
}

function read(options: unknown): { prefix?: unknown; tags?: unknown } {
  if (options === undefined) return {};
  try {
    const { prefix, tags } = options as ChildOptions;
    if (typeof options === 'object') return { prefix, tags };
  } catch {
    // Options that cannot be read.
  }
  return { prefix: null };
}

const isTagRecord = (tags: unknown): tags is TagRecord =>
  Object.prototype.toString.call(tags) === '[object Object]';
