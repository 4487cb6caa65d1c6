import type { ReportExporter } from '../../../exporters/report-exporter.js';
import type { Servers } from './servers.js';

export const CONDITIONS = [
  'a refused port',
  'an unknown host',
  'another service at the port',
  'TLS at a plain port',
  'no TLS at a TLS port',
  'a wrong password',
  'no password',
  'a missing right',
  'a missing package',
  'a wrong version',
  'no room',
  'a store that takes no writes',
] as const;
export type Condition = (typeof CONDITIONS)[number];

/** One kind of trouble with one store or queue. */
export interface Cell {
  /** The URL that is set. */
  url(servers: Servers): string;
  /** The cause and the remedy. */
  readonly says: RegExp;
  /** The address where it is not the URL's host and port. */
  address?(url: string): string;
  /** Settings other than the target's. */
  settings?(url: string): Record<string, string>;
  /** Brings the trouble about; returns what ends it. */
  cause?(servers: Servers): Promise<() => unknown>;
  /** Nothing tells of it but a write. */
  readonly onlyByWriting?: boolean;
  /** Makes it of options that no setting has. */
  make?(servers: Servers): ReportExporter;
}

export interface Target {
  readonly name: string;
  settings(url: string): Record<string, string>;
  /** The packages that it needs. */
  readonly packages: readonly string[];
  readonly cells: Readonly<Record<Condition, Cell | string>>;
}

const NOTHING = '127.0.0.1:1';
const NOBODY = 'no-such-host.invalid';
export const refused = (scheme: string): Cell => ({
  url: () => `${scheme}://${NOTHING}`,
  says: /ECONNREFUSED.*127\.0\.0\.1:1.*nothing listens there: start the server, or correct host and port/,
});
export const unknown = (scheme: string): Cell => ({
  url: () => `${scheme}://${NOBODY}:1234`,
  says: /(ENOTFOUND|EAI_AGAIN).*no-such-host\.invalid.*(no such host: correct the host's name|check the network and the host's name)/,
});
export const missing = (scheme: string, name: string): Cell => ({
  url: () => `${scheme}://${NOTHING}`,
  says: new RegExp(`npm install .*${name}`),
});
/** https, or the like, where nobody speaks TLS. */
export const tlsAtPlain = (url: Cell['url']): Cell => ({
  url,
  says: /TLS: .*the server does not speak TLS at this port: correct the port, or the URL's scheme/,
});
/** TLS's greeting at a service that waits for more, without a word. */
export const silentAtTls = (url: Cell['url']): Cell => ({
  url,
  says: /that the port is this service, and that it wants TLS or not as the URL says/,
});
export const hostOf = (url: string): string => new URL(url).host;
