import { withoutSecrets } from './secrets.js';

const MAX_CHARACTERS = 120;
/** The part of an answer that is looked at. */
const MAX_READ_CHARACTERS = 10_000;

/**
 * The first words of an unexpected answer, for a message: on one line, without markup, at most 120
 * characters; of JSON its message. It ends with a whole word: the beginning of a secret would not
 * be recognized as one.
 * @param secrets - masked before anything else is changed.
 */
export function firstWords(answer: unknown, secrets: readonly string[] = []): string {
  const text = typeof answer === 'string' ? answer : messageIn(answer);
  const plain = withoutSecrets((messageInJson(text) ?? text).slice(0, MAX_READ_CHARACTERS), secrets)
    .replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return plain.length > MAX_CHARACTERS ? `${wholeWords(plain)}…` : plain;
}

/**
 * The first words as a reason in a ledger, where equal refusals count together: without what
 * differs from report to report.
 */
export function commonWords(answer: unknown, secrets: readonly string[] = []): string {
  return firstWords(answer, secrets)
    .replace(/(["'`]).*?\1/g, '…')
    .replace(/\{.*\}/g, '…')
    .replace(/\d{2,}/g, '…');
}

/** The words that fit; none of a text without spaces. */
const wholeWords = (text: string): string =>
  text.slice(0, text.lastIndexOf(' ', MAX_CHARACTERS) + 1);

function messageInJson(text: string): string | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return messageIn(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function messageIn(value: unknown): string {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return '';
  const { message, error } = value as { message?: unknown; error?: unknown };
  return (
    [message, error].find((one): one is string => typeof one === 'string') ?? JSON.stringify(value)
  );
}
