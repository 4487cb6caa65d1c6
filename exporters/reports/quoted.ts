/** A text that JSON has between quotes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** A text as JSON. */
export const quoted = (text: string): string =>
  PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
