/** The connection data of InfluxDB 1. */
export interface Version1 {
  base: URL;
  username?: string | undefined;
  password?: string | undefined;
  database?: string | undefined;
}

/** The connection data of single options. */
export function fromHost({
  host = 'localhost',
  port = 8086,
  tls,
}: {
  host?: string;
  port?: number;
  tls?: boolean | object;
}): Version1 {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return { base: new URL(`${tls ? 'https' : 'http'}://${name}:${port}`) };
}

/** `influxdb://user:password@host:8086/database`, `https+influxdb://…`, `http://…`, `https://…`. */
export function fromUrl(text: string | undefined): Version1 | undefined {
  if (text === undefined) return undefined;
  const dsn = /^(https\+)?influxdb:\/\/([^/?#]*)(.*)$/is.exec(text);
  // Of several hosts Kaneda's client takes the first.
  const url =
    dsn === null
      ? new URL(text)
      : new URL(`${dsn[1] ? 'https' : 'http'}://${dsn[2]!.split(',')[0]}${dsn[3]}`);
  // InfluxDB's own scheme has InfluxDB's own port; http and https keep theirs.
  if (dsn !== null && url.port === '')
    url.port = /:443$/.test(dsn[2]!) ? '443' : /:80$/.test(dsn[2]!) ? '80' : '8086';
  const path = decodeURIComponent(url.pathname.slice(1));
  return {
    base: new URL(url.origin),
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.username === '' ? undefined : decodeURIComponent(url.password),
    database: path === '' ? undefined : path,
  };
}

/**
 * The connection data of a client of the package `influx`, which keeps them in a private member.
 */
export function fromClient(client: object | undefined): Version1 | undefined {
  const options = client && clientOptions(client);
  const host = options?.hosts?.[0];
  if (options === undefined || host === undefined) return undefined;
  const { protocol = 'http', host: name, port = 8086 } = host;
  return {
    base: new URL(`${protocol}://${name}:${port}`),
    username: options.username,
    password: options.password,
    database: options.database,
  };
}

/** The connection data of a client of the package `influx`. */
export interface ClientOptions {
  username?: string;
  password?: string;
  database?: string;
  hosts?: { protocol?: string; host: string; port?: number }[];
}

/** The options of a client of the package `influx`. */
export const clientOptions = (client: object): ClientOptions | undefined =>
  Reflect.get(client, '_options') as ClientOptions | undefined;
