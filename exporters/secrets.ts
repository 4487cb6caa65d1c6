/** The passwords, tokens and user-and-password pairs in URLs, as they stand there and decoded. Text that is no URL has none. */
export function secretsOf(...urls: readonly (string | undefined)[]): string[] {
  const secrets = new Set<string>();
  for (const text of urls) {
    const found = text === undefined ? null : /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@/i.exec(text);
    const password = found?.[1]?.slice(found[1].indexOf(':') + 1);
    if (password === undefined || password === '') continue;
    secrets.add(password);
    try {
      secrets.add(decodeURIComponent(password));
    } catch {
      // A stray % is no encoding: the raw text is already in.
    }
  }
  return [...secrets];
}

/** The text with each secret, and whatever stands between `://` and `@` of a URL, masked. */
export function withoutSecrets(text: string, secrets: readonly string[] = []): string {
  let clean = text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/gi, '$1***@');
  // Longest first: a secret that contains another one must not leave its rest behind.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret !== '') clean = clean.replaceAll(secret, '***');
  }
  return clean;
}

/**
 * A copy of whatever was thrown that may be shown to anyone: name, message, stack, code and causes, each without the secrets.
 * Clients hang requests, options and responses on their errors; those are left behind.
 */
export function cleanError(thrown: unknown, secrets: readonly string[] = [], depth = 0): Error {
  if (!(thrown instanceof Error)) return new Error(withoutSecrets(describe(thrown), secrets));
  const clean = new Error(withoutSecrets(thrown.message, secrets));
  // `instanceof` keeps working for this package's own classes; a client's may compute their message from what they hold.
  if (isOwn(thrown)) Object.setPrototypeOf(clean, Object.getPrototypeOf(thrown));
  const set = (key: string, value: unknown): void => {
    Object.defineProperty(clean, key, { value, writable: true, configurable: true, enumerable: false });
  };
  set('name', thrown.name);
  set('stack', withoutSecrets(thrown.stack ?? `${thrown.name}: ${thrown.message}`, secrets));
  const { code } = thrown as { code?: unknown };
  if (typeof code === 'string' || typeof code === 'number') set('code', code);
  if (thrown.cause !== undefined && depth < 8) set('cause', cleanError(thrown.cause, secrets, depth + 1));
  return clean;
}

const isOwn = (error: Error): boolean => String((error as { code?: unknown }).code).startsWith('KANEDA_');

function describe(thrown: unknown): string {
  try {
    return typeof thrown === 'string' ? thrown : `${typeof thrown} thrown`;
  } catch {
    return 'unknown error';
  }
}
