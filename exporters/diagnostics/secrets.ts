/** Names of parameters that hold secrets; `p` is InfluxDB's password. */
const SECRET_PARAMETER =
  '(?:p|pass|[\\w.-]{0,60}(?:passw(?:or)?d|pwd|secret|token|api[_-]?key|mechanismproperties)[\\w.-]{0,60})';

/**
 * The passwords, tokens and user-and-password pairs in URLs, as they stand there and decoded; whole
 * and, where a `/`, `?` or `#` in one is not escaped, in the parts that a client takes for host,
 * path and query. Text that is not a URL has none.
 */
export function secretsOf(...urls: readonly (string | undefined)[]): string[] {
  const secrets = new Set<string>();
  const add = (secret: string | undefined): void => {
    if (secret === undefined || secret === '') return;
    secrets.add(secret);
    try {
      secrets.add(decodeURIComponent(secret));
    } catch {
      // A stray % does not encode anything: the raw text is already in.
    }
  };
  for (const text of urls) {
    const rest =
      text === undefined ? undefined : /^\s*[a-z][a-z0-9+.-]*:\/\/(.*)$/is.exec(text)?.[1];
    if (rest === undefined) continue;
    const proper = /^([^/?#]*)@/.exec(rest)?.[1];
    add(proper?.slice(proper.indexOf(':') + 1));
    const all = rest.slice(0, Math.max(0, rest.lastIndexOf('@')));
    // Without a colon it is a path with an @ in it, such as https://host/a@b.
    if (all !== (proper ?? '') && all.includes(':')) {
      const password = all.slice(all.indexOf(':') + 1);
      add(password);
      // A part as short as these, or a port, would blacken harmless texts.
      for (const part of password.split(/[/?#]/))
        if (part.length > 3 && !/^\d{1,5}$/.test(part)) add(part);
    }
    for (const [, value] of rest.matchAll(new RegExp(`[?&]${SECRET_PARAMETER}=([^&#]*)`, 'gi')))
      add(value);
  }
  return [...secrets];
}

/**
 * The text with each secret, whatever may be credentials in a URL – up to the word's last `@` – and
 * a URL's secret parameters masked.
 */
export function withoutSecrets(text: string, secrets: readonly string[] = []): string {
  let clean = text
    .replace(/\S+/g, withoutCredentials)
    .replace(new RegExp(`([?&](?:u|${SECRET_PARAMETER})=)[^&#\\s"'<>]+`, 'gi'), '$1***');
  // Longest first: a secret that contains another one must not leave its rest behind.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret !== '') clean = clean.replaceAll(secret, '***');
  }
  return clean;
}

/** To the last @: a `/`, `?`, `#` or `@` in a password that is not escaped does not end it. */
function withoutCredentials(word: string): string {
  const at = word.lastIndexOf('@');
  for (
    let start = word.indexOf('://');
    start >= 0 && start < at;
    start = word.indexOf('://', start + 3)
  ) {
    // Stacks name files by URL, and packages have an @ in their path.
    if (word.slice(Math.max(0, start - 4), start + 4) === 'file:///') continue;
    return `${word.slice(0, start + 3)}***${word.slice(at)}`;
  }
  return word;
}

/**
 * A copy of whatever was thrown that may be shown to anyone: name, message, stack, code and causes,
 * each without the secrets. Clients hang requests, options and responses on their errors; those are
 * left behind.
 */
export function cleanError(thrown: unknown, secrets: readonly string[] = [], depth = 0): Error {
  if (!(thrown instanceof Error)) return new Error(withoutSecrets(describe(thrown), secrets));
  const clean = new Error(withoutSecrets(thrown.message, secrets));
  // `instanceof` keeps working for this package's own classes; a client's may compute their message
  // from what they hold.
  if (isOwn(thrown)) Object.setPrototypeOf(clean, Object.getPrototypeOf(thrown));
  const set = (key: string, value: unknown): void => {
    Object.defineProperty(clean, key, {
      value,
      writable: true,
      configurable: true,
      enumerable: false,
    });
  };
  set('name', thrown.name);
  set('stack', withoutSecrets(thrown.stack ?? `${thrown.name}: ${thrown.message}`, secrets));
  const { code } = thrown as { code?: unknown };
  if (typeof code === 'string' || typeof code === 'number') set('code', code);
  const { remedy } = thrown as { remedy?: unknown };
  if (typeof remedy === 'string') set('remedy', withoutSecrets(remedy, secrets));
  if (thrown.cause !== undefined && depth < 8)
    set('cause', cleanError(thrown.cause, secrets, depth + 1));
  return clean;
}

const isOwn = (error: Error): boolean =>
  String((error as { code?: unknown }).code).startsWith('KANEDA_');

function describe(thrown: unknown): string {
  try {
    return typeof thrown === 'string' ? thrown : `${typeof thrown} thrown`;
  } catch {
    return 'unknown error';
  }
}
