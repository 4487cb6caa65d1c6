type AnyFunction = (...args: never[]) => unknown;

/**
 * The functions of `reflect-metadata` as far as they are used here; that package adds them to
 * `Reflect` when a framework loads it.
 */
interface WithMetadata {
  getOwnMetadataKeys?(target: object): unknown[];
  getOwnMetadata?(key: unknown, target: object): unknown;
  defineMetadata?(key: unknown, value: unknown, target: object): void;
}

/**
 * Gives `wrapped` the metadata that decorators left on `fn`: NestJS keeps a route, its guards and
 * its status there, under the function's identity, which a wrapper does not share.
 */
export function carryMetadata(fn: AnyFunction, wrapped: AnyFunction): void {
  const reflect = Reflect as WithMetadata;
  for (const key of reflect.getOwnMetadataKeys?.(fn) ?? [])
    reflect.defineMetadata?.(key, reflect.getOwnMetadata?.(key, fn), wrapped);
}
