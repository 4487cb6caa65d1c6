/** The method by which `util.inspect` and `console.log` ask an object what to show. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** `util.inspect`, as Node hands it to an object that is inspected. */
export type Inspect = (value: unknown, options: object) => string;
