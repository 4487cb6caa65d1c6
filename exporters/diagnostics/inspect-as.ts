/** The method by which `util.inspect` and `console.log` ask an object what to show. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** `util.inspect`, as Node hands it to an object that is inspected. */
export type Inspect = (value: unknown, options: object) => string;

/**
 * A name and what is to be seen of it, without what is `undefined`: `OtlpExporter { target: '…',
 * ledger: { … } }`.
 */
export function inspectAs(name: string, seen: object, options: object, inspect: Inspect): string {
  const known = Object.entries(seen).filter(([, value]) => value !== undefined);
  return `${name} ${inspect(Object.fromEntries(known), options)}`;
}
