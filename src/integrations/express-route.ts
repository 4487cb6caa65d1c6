import { OTHER_ROUTE, safely } from './request-metrics.js';
import { watchProperty } from './watch-property.js';

/** The part of Express's request that tells the route. */
export interface RoutedRequest {
  baseUrl?: string;
  params?: Readonly<Record<string, unknown>>;
  route?: { readonly path?: unknown };
}

/**
 * A router that the request is in: the path it is mounted at, as it was requested and as it was
 * written.
 */
interface Mount {
  readonly path: string;
  readonly template: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const ROOT: Mount = { path: '', template: '', params: {} };
/** Distinct paths without parameters that routers are mounted at. */
const MAX_MOUNTS = 100;

/**
 * Finds the templates of Express's routes. When a response ends, `baseUrl` has been set back
 * wherever an error left a router, and it holds what was requested, ids too. So both properties are
 * watched, as Express sets them on its way through the routers.
 */
export class ExpressRoutes {
  /** Express finds paths whatever their case is: the spelling that was seen first stands. */
  readonly #spellings = new Map<string, string>();

  /**
   * Watches a request. Never throws.
   * @returns a function that gives the template of the last route that matched, or `undefined`.
   */
  watch(request: RoutedRequest): () => string | undefined {
    let mounts: readonly Mount[] = [ROOT];
    let found: string | undefined;
    watchProperty(request, 'baseUrl', (path) => {
      mounts = this.#enter(mounts, path ?? '', request.params ?? {});
    });
    watchProperty(request, 'route', (route) => {
      if (route !== undefined) found = joinPaths(mounts.at(-1)!.template, route.path);
    });
    return () => found;
  }

  /** The mounts after `baseUrl` was set: one more, or fewer. */
  #enter(
    mounts: readonly Mount[],
    path: string,
    params: Readonly<Record<string, unknown>>,
  ): readonly Mount[] {
    const outer = mounts.filter((mount) => path.startsWith(mount.path));
    const parent = outer.at(-1) ?? ROOT;
    if (parent.path === path) return outer;
    const template = this.#templateOf(path.slice(parent.path.length), ownOf(params, parent.params));
    return [...outer, { path, template: parent.template + template, params }];
  }

  #templateOf(path: string, params: readonly (readonly [string, unknown])[]): string {
    let pieces: readonly Piece[] = [decodePath(path)];
    for (const [name, value] of params) pieces = withParameter(pieces, name, textOf(value));
    return this.#spellingOf(
      pieces.map((piece) => (typeof piece === 'string' ? piece : `:${piece.name}`)).join(''),
    );
  }

  #spellingOf(template: string): string {
    const key = template.toLowerCase();
    const known = this.#spellings.get(key);
    if (known !== undefined) return known;
    if (this.#spellings.size >= MAX_MOUNTS) return `/${OTHER_ROUTE}`;
    this.#spellings.set(key, template);
    return template;
  }
}

type Piece = string | { readonly name: string };

/**
 * The parameters of a mount, without those that `mergeParams` took over from the mount around it.
 */
function ownOf(
  params: Readonly<Record<string, unknown>>,
  outer: Readonly<Record<string, unknown>>,
): readonly (readonly [string, unknown])[] {
  const all = Object.entries(params);
  const own = all.filter(([name, value]) => outer[name] !== value);
  return own.length > 0 ? own : all;
}

/** A wildcard's parameter is a list of segments in Express 5. */
const textOf = (value: unknown): string =>
  Array.isArray(value) ? value.join('/') : typeof value === 'string' ? value : '';

/**
 * Puts a parameter in the place of its value: of whole segments, else of a part of one. The last
 * place is taken.
 */
function withParameter(pieces: readonly Piece[], name: string, value: string): readonly Piece[] {
  if (value === '') return pieces;
  for (const place of [wholeSegments, (text: string, part: string) => text.lastIndexOf(part)]) {
    for (let i = pieces.length - 1; i >= 0; i--) {
      const piece = pieces[i]!;
      const at = typeof piece === 'string' ? place(piece, value) : -1;
      if (typeof piece !== 'string' || at < 0) continue;
      const parts = [piece.slice(0, at), { name }, piece.slice(at + value.length)];
      return [...pieces.slice(0, i), ...parts, ...pieces.slice(i + 1)];
    }
  }
  return pieces;
}

/** Returns the index at which `value` stands between two slashes, or at the end. */
function wholeSegments(text: string, value: string): number {
  const at = `${text}/`.lastIndexOf(`/${value}/`);
  return at < 0 ? -1 : at + 1;
}

/**
 * A route's own path, behind that of its router. Express takes texts, regular expressions, and
 * lists of them.
 */
function joinPaths(base: string, path: unknown): string {
  const own = Array.isArray(path) ? path.flat(Number.POSITIVE_INFINITY).join(',') : String(path);
  return own === '/' && base !== '' ? base : base + own;
}

function decodePath(path: string): string {
  return safely(() => decodeURIComponent(path)) ?? path;
}
