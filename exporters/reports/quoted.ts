/** A text that JSON has between quotes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * The text in one piece, for one that is used often: V8 keeps what `+` makes in its pieces, and
 * copies each of them whenever the text becomes bytes.
 */
export const onePiece = (text: string): string => Buffer.from(text).toString();

/** A text as JSON. */
export const quoted = (text: string): string =>
  PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
