const LENGTH = 120;

/**
 * The first words of an answer that nobody expected, for a message: on one line, without markup, at most 120 characters; of
 * JSON its message.
 */
export function firstWords(answer: unknown): string {
  const text = typeof answer === 'string' ? answer : messageIn(answer);
  const plain = (messageInJson(text) ?? text)
    .slice(0, 10_000)
    .replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return plain.length > LENGTH ? `${plain.slice(0, LENGTH)}…` : plain;
}

/** The first words as a reason in a ledger, where equal refusals count together: without what differs from report to report. */
export function commonWords(answer: unknown): string {
  return firstWords(answer)
    .replace(/(["'`]).*?\1/g, '…')
    .replace(/\{.*\}/g, '…')
    .replace(/\d{2,}/g, '…');
}

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
