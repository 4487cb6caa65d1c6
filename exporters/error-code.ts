/**
 * The codes by which this package's own errors are told apart: two copies of it have two classes of
 * each error, but one code.
 */
export type OwnCode =
  | 'KANEDA_SETTINGS'
  | 'KANEDA_IMPROPERLY_CONFIGURED'
  | 'KANEDA_DEADLINE'
  | 'KANEDA_REJECTED'
  | 'KANEDA_TOO_LARGE'
  | 'KANEDA_MESSAGE';

/** The `code` of anything that was thrown; `undefined` for what has none. */
export const codeOf = (thrown: unknown): unknown => (Object(thrown) as { code?: unknown }).code;

/** True for an error of that code, whichever copy of the package made it. */
export const isOwnError = <Code extends OwnCode>(
  thrown: unknown,
  code: Code,
): thrown is Error & { readonly code: Code } => codeOf(thrown) === code;
