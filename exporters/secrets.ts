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
