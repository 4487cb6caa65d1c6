/**
 * A URL as it may be shown: without user, password and parameters. Several hosts stay as they are.
 */
export function addressOf(url: string): string {
  const parts = /^\s*([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^?#]*)/i.exec(url);
  return parts === null ? url : `${parts[1]}${parts[2]!.replace(/\/+$/, '')}`;
}

/** `host:port`, an IPv6 address in brackets. */
export function hostAndPort(host: string, port: number): string {
  return `${hostInUrl(host)}:${port}`;
}

/** A host as URLs have it: an IPv6 address gets brackets, anything else stays as it is. */
export function hostInUrl(host: string): string {
  return isVersion6(host) ? `[${host}]` : host;
}

/** A host as sockets take it: an IPv6 address without brackets, anything else as it is. */
export function hostForSocket(host: string): string {
  const address = /^\[(.*)\]$/.exec(host)?.[1] ?? '';
  return isVersion6(address) ? address : host;
}

/**
 * True for an IPv6 address without brackets. Loads the module that knows at the first call: loading
 * takes a millisecond, and few need it.
 */
export function isVersion6(address: string): boolean {
  return process.getBuiltinModule('node:net').isIPv6(address);
}
