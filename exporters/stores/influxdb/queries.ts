import { ImproperlyConfiguredError } from '../../errors.js';
import { untilAborted } from '../../timing/until-aborted.js';
import { withTimeout } from '../../timing/with-timeout.js';
import { InfluxConnection, readAnswer } from './client.js';
import type { Endpoint } from './endpoint.js';
import { classifyFailure, isMissing, reasonOf } from './outcomes.js';

/** Rows the server sends at a time. */
const CHUNK_ROWS = 2_000;

/** A part of a query's answer. */
export interface Series {
  readonly name?: string;
  readonly columns: readonly string[];
  readonly values?: readonly (readonly unknown[])[];
}

interface Result {
  readonly series?: readonly Series[];
  readonly error?: string;
}

/**
 * The answer to a query in InfluxQL, part by part, over a connection of its own. All three versions
 * have this interface.
 * @throws ImproperlyConfiguredError where the account cannot read, or the server does not have the
 * database or the interface.
 */
export async function* ask(
  endpoint: Endpoint,
  q: string,
  signal: AbortSignal,
): AsyncGenerator<Series, void> {
  const connection = new InfluxConnection(endpoint.connection);
  const { db = '', bucket = db, rp } = endpoint.query;
  const form = { db: bucket, q, chunked: 'true', chunk_size: String(CHUNK_ROWS) };
  try {
    const asked = rp === undefined ? form : { ...form, rp };
    const answer = await connection.stream('/query', asked, signal).catch((error: Error) => {
      const { origin } = endpoint.connection.url;
      throw new Error(`InfluxDB at ${origin}: ${error.message}`, { cause: error });
    });
    if (answer.statusCode !== 200) throw refusal(await readAnswer(answer), endpoint);
    for await (const line of linesOf(answer)) yield* seriesIn(line, endpoint);
  } finally {
    connection.close();
  }
}

/** Asks what is there, to which a server that works answers at once. */
export interface ShortQuestion {
  readonly endpoint: Endpoint;
  readonly signal: AbortSignal;
  /** Milliseconds that the whole answer may take. */
  readonly within: number;
}

/** A query's whole answer, of one that is short. @throws as {@link ask} */
export function askAll(
  { endpoint, signal, within }: ShortQuestion,
  q: string,
): Promise<readonly Series[]> {
  const late = () =>
    new Error(
      `InfluxDB at ${endpoint.connection.url.origin}: no answer within ${within / 1_000} s`,
    );
  const run = (limited: AbortSignal) => untilAborted(wholeAnswer(endpoint, q, limited), limited);
  return withTimeout(within, signal, run, { late });
}

async function wholeAnswer(endpoint: Endpoint, q: string, signal: AbortSignal): Promise<Series[]> {
  const all: Series[] = [];
  for await (const series of ask(endpoint, q, signal)) all.push(series);
  return all;
}

async function* linesOf(answer: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  for await (const piece of answer) {
    const end = piece.lastIndexOf(0x0a);
    if (end < 0) {
      rest.push(piece);
      continue;
    }
    const whole = Buffer.concat([...rest, piece.subarray(0, end)]).toString();
    rest = [piece.subarray(end + 1)];
    for (const line of whole.split('\n')) if (line !== '') yield line;
  }
  const last = Buffer.concat(rest).toString().trim();
  if (last !== '') yield last;
}

function* seriesIn(line: string, endpoint: Endpoint): Generator<Series> {
  const { results = [], error } = parseLine(line, endpoint);
  for (const result of error === undefined ? results : [{ error }]) {
    if (result.error !== undefined) throw queryError(result.error, endpoint);
    yield* result.series ?? [];
  }
}

function parseLine(
  line: string,
  endpoint: Endpoint,
): { results?: readonly Result[]; error?: string } {
  try {
    return JSON.parse(line);
  } catch {
    const { remedy } = endpoint.remedies.path;
    throw new ImproperlyConfiguredError(
      `what answers at /query is not InfluxDB (${JSON.stringify(line.slice(0, 80))}): ${remedy}`,
    );
  }
}

/** An error within an answer that is otherwise a success. */
function queryError(reason: string, { remedies }: Endpoint): Error {
  if (/database not found|bucket .*not found/i.test(reason)) return missingError(reason);
  if (/not authorized|unauthorized/i.test(reason))
    return new ImproperlyConfiguredError(
      `InfluxDB refuses the query (${reason}): ${remedies.reading}`,
    );
  return new Error(`InfluxDB: ${reason}`);
}

const missingError = (reason: string): Error =>
  new ImproperlyConfiguredError(
    `InfluxDB: ${reason}: correct database or bucket, or let the application store something first`,
  );

function refusal(answer: Awaited<ReturnType<typeof readAnswer>>, endpoint: Endpoint): Error {
  const { status, body } = answer;
  const { remedies } = endpoint;
  if (status === 403 || (status === 401 && /not authorized/i.test(body)))
    return new ImproperlyConfiguredError(
      `InfluxDB refuses the query (${reasonOf(answer)}): ${remedies.reading}`,
    );
  if (status === 404 && isMissing(answer)) return missingError(reasonOf(answer));
  return classifyFailure(answer, 0, {
    ...remedies,
    path: { used: '/query', remedy: remedies.path.remedy },
  });
}
