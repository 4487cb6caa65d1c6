/** A URL as it may be shown: without user, password and parameters. Several hosts stay as they are. */
export function addressOf(url: string): string {
  const parts = /^\s*([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^?#]*)/i.exec(url);
  return parts === null ? url : `${parts[1]}${parts[2]!.replace(/\/+$/, '')}`;
}

/** `host:port`, an IPv6 address in brackets. */
export function hostAndPort(host: string, port: number): string {
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
}
