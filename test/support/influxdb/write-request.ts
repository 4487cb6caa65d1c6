import type { IncomingMessage } from 'node:http';

/** The write APIs of InfluxDB 1, 2 and 3: the parameters that each must have, those that it may, and how it knows its clients. */
const APIS: Readonly<
  Record<string, { must: readonly string[]; may: readonly string[]; scheme?: RegExp }>
> = {
  '/write': { must: ['db', 'precision'], may: ['rp'] },
  '/api/v2/write': { must: ['org', 'bucket', 'precision'], may: [], scheme: /^Token \S+$/ },
  '/api/v3/write_lp': {
    must: ['db', 'precision', 'accept_partial'],
    may: [],
    scheme: /^Bearer \S+$/,
  },
};
const PRECISIONS: Readonly<Record<string, string>> = {
  '/write': 'ns',
  '/api/v2/write': 'ns',
  '/api/v3/write_lp': 'nanosecond',
};

const NAME = String.raw`(?:[^,=\s\\]|\\.)+`;
const NUMBER = String.raw`-?\d+(?:\.\d+)?(?:e[+-]?\d+)?`;
const VALUE = String.raw`(?:${NUMBER}|-?\d+i|true|false|"(?:[^"\\]|\\["\\])*")`;
/** https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/ */
const LINE = new RegExp(
  `^(?!#)(?:[^,\\s\\\\]|\\\\.)+(?:,${NAME}=${NAME})* ${NAME}=${VALUE}(?:,${NAME}=${VALUE})* \\d{19}$`,
  's',
);

/** What InfluxDB 1, 2 or 3 would object to in a write; nothing where it is right. */
export function objections({ method, url = '', headers }: IncomingMessage, body: string): string[] {
  const { pathname, searchParams } = new URL(url, 'http://influxdb');
  const api = APIS[pathname];
  if (api === undefined || method !== 'POST') return [`no way to ${method} ${pathname}`];
  const found: string[] = [];
  for (const name of api.must)
    if (!searchParams.get(name)) found.push(`the parameter ${name} is missing`);
  for (const name of searchParams.keys())
    if (![...api.must, ...api.may].includes(name)) found.push(`the parameter ${name} is unknown`);
  if (searchParams.get('precision') !== PRECISIONS[pathname]) found.push('the precision is wrong');
  if (api.scheme !== undefined && !api.scheme.test(headers.authorization ?? ''))
    found.push('the authorization is wrong');
  if (!headers['content-type']?.startsWith('text/plain')) found.push('the content type is wrong');
  if (Number(headers['content-length']) !== Buffer.byteLength(body))
    found.push('the length is wrong');
  return [
    ...found,
    ...body
      .split('\n')
      .filter((line) => !LINE.test(line))
      .map((line) => `no line: ${line}`),
  ];
}
