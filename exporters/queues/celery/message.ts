import { randomUUID } from 'node:crypto';
import { isRecord } from '../../reports/is-record.js';
import { ownHost } from '../../reports/own-host.js';
import type { Report } from '../../reports/report.js';
import { MessageError } from '../errors.js';
import { argumentsText } from '../jobs/arguments-text.js';
import { inflate } from '../jobs/inflate.js';
import {
  type Arguments,
  checkTask,
  decodeWholeReport,
  fromKanedaArguments,
  toKanedaArguments,
  wholeReportText,
} from '../jobs/kaneda-call.js';
import { checkSize, MAX_WIRE_BYTES } from '../jobs/limits.js';
import { readJson, readPythonJson, writeJson } from '../jobs/python-json.js';

/** The one task that a message may name. */
export const TASK = 'kaneda.tasks.celery.report';
export const CONTENT_TYPE = 'application/json';
/** The reply queue that every producer of Celery names; replies are never read. */
export const REPLY_TO = randomUUID();
/**
 * The header with the whole report. An AMQP header table must stay below 64 KiB: a larger report
 * goes without.
 */
const REPORT_HEADER = 'kaneda_report';
const MAX_REPORT_HEADER_BYTES = 32 * 1024;
/** The length at which Celery cuts the readable arguments. */
const MAX_ARGSREPR_CHARACTERS = 1_024;
/** The end of every body: our calls have no callbacks and are part of no chain. */
const BODY_END = ', {}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]';
const originName = (): string => `gen${process.pid}@${ownHost()}`;

/** A task message, before a transport wraps it. */
export interface Message {
  id: string;
  /** The arguments for people to read. */
  argsrepr: string;
  origin: string;
  body: string;
  /** The whole report, unless it is too large for a header. */
  report?: string;
}

/** A report as a task message of Celery's, the whole report in a header of its own. */
export function messageOf(report: Report): Message {
  const message = taskMessage(toKanedaArguments(report), randomUUID(), originName());
  const carried = wholeReportText(report);
  if (Buffer.byteLength(carried) <= MAX_REPORT_HEADER_BYTES) message.report = carried;
  return message;
}

/** A call of Kaneda's task in protocol 2. */
export function taskMessage(args: Arguments, id: string, origin: string): Message {
  return {
    id,
    argsrepr: argumentsText(args, MAX_ARGSREPR_CHARACTERS),
    origin,
    body: `[${writeJson(args)}${BODY_END}`,
  };
}

/**
 * The headers that Celery 5 writes.
 * Source: Celery's "Message Protocol"; each header tried on Celery 5.2, 5.6 and 5.7.
 */
function headersOf({ id, argsrepr, origin }: Omit<Message, 'body'>): Record<string, unknown> {
  return {
    lang: 'py',
    task: TASK,
    id,
    shadow: null,
    eta: null,
    expires: null,
    group: null,
    group_index: null,
    retries: 0,
    timelimit: [null, null],
    root_id: id,
    parent_id: null,
    argsrepr,
    kwargsrepr: '{}',
    origin,
    ignore_result: false,
    replaced_task_nesting: 0,
    stamped_headers: null,
    stamps: {},
  };
}

/**
 * Those of {@link headersOf} that say something, and ours: Celery (tried on 5.2, 5.6 and 5.7) takes
 * the others for what is in them when they are missing. RabbitMQ keeps each header of a waiting
 * message in pieces in its memory, and stops for longer the more there are.
 */
export function shortHeadersOf({
  id,
  argsrepr,
  origin,
  report,
}: Omit<Message, 'body'>): Record<string, unknown> {
  const headers = {
    lang: 'py',
    task: TASK,
    id,
    retries: 0,
    root_id: id,
    argsrepr,
    kwargsrepr: '{}',
    origin,
  };
  return report === undefined ? headers : { ...headers, [REPORT_HEADER]: report };
}

const MARK = '\u0000';
/** The headers between those that differ: one text for all messages is written once. */
const [START, ROOT, ARGS, FROM, END] = writeJson(
  headersOf({ id: MARK, argsrepr: MARK, origin: MARK }),
).split(JSON.stringify(MARK)) as [string, string, string, string, string];

/** {@link headersOf} and ours as JSON text. */
export function headersText({ id, argsrepr, origin, report }: Message): string {
  const ours =
    report === undefined
      ? END
      : `${END.slice(0, -1)}, "${REPORT_HEADER}": ${JSON.stringify(report)}}`;
  return `${START}"${id}"${ROOT}"${id}"${ARGS}${JSON.stringify(argsrepr)}${FROM}${JSON.stringify(origin)}${ours}`;
}

/** The parts of a task message that a transport hands over. */
export interface Taken {
  readonly headers: unknown;
  readonly contentType: unknown;
  /** Read where the headers have no whole report alone. */
  readonly body: Buffer;
}

/**
 * The report of a message, ours or a Python Kaneda's, of protocol 2 or 1.
 * @throws MessageError when it is not one that Kaneda enqueues.
 */
export function readMessage(taken: Taken): Report {
  const { headers, contentType } = taken;
  if (!isRecord(headers)) throw new MessageError('the message has no headers');
  if (contentType !== CONTENT_TYPE)
    throw new MessageError(`the content type is not ${CONTENT_TYPE}`);
  const carried = headers[REPORT_HEADER] ?? undefined;
  // Protocol 1 has the task in the body.
  const isWhole = carried !== undefined && headers.task !== undefined;
  const { id, args } = checkCall(
    isWhole ? headers : callOf(headers, readBody(taken.body, headers.compression)),
  );
  if (carried === undefined) return fromKanedaArguments(untag(args), { id });
  if (typeof carried !== 'string') throw new MessageError(`${REPORT_HEADER} is not a string`);
  return decodeWholeReport(readJson(carried));
}

/** A message of ours needs no look at its body. */
function readBody(body: Buffer, compression: unknown): unknown {
  checkSize(body.length, MAX_WIRE_BYTES);
  return readPythonJson(unpack(body, compression).toString('utf8'));
}

function checkCall({ task, id, args }: Call): { id: string; args: unknown } {
  checkTask(task, TASK);
  if (typeof id !== 'string' || id === '') throw new MessageError('the message has no id');
  return { id, args };
}

interface Call {
  task?: unknown;
  id?: unknown;
  args?: unknown;
}

/** Protocol 2 has the call in headers and an array, protocol 1 all of it in one object. */
function callOf(headers: Record<string, unknown>, body: unknown): Call {
  if (Array.isArray(body)) {
    if (body.length !== 3) throw new MessageError('the body is not a call of a task');
    checkNoKeywords(body[1]);
    return { task: headers.task, id: headers.id, args: body[0] };
  }
  if (!isRecord(body)) throw new MessageError('the body is not a call of a task');
  checkNoKeywords(body.kwargs ?? {});
  return { task: body.task, id: body.id, args: body.args };
}

function checkNoKeywords(kwargs: unknown): void {
  if (!isRecord(kwargs) || Object.keys(kwargs).length > 0)
    throw new MessageError("Kaneda's task takes no keyword arguments");
}

/** Celery calls zlib `gzip` or `zlib`; the output is bounded while it grows. */
function unpack(body: Buffer, compression: unknown): Buffer {
  if (compression === undefined || compression === null) return body;
  if (compression !== 'application/x-gzip')
    throw new MessageError('the body has an unknown compression');
  return inflate(body, 'the body');
}

/** kombu 5.3 and later tag what JSON lacks; older ones write the same as plain text. */
function untag(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untag);
  if (!isRecord(value)) return value;
  if (Object.hasOwn(value, '__type__')) return readTagged(value.__type__, value.__value__);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, untag(item)]));
}

function readTagged(type: unknown, value: unknown): string {
  const text = type === 'uuid' && isRecord(value) ? value.hex : value;
  const readable =
    type === 'datetime' ||
    type === 'date' ||
    type === 'time' ||
    type === 'decimal' ||
    type === 'uuid';
  if (!readable || typeof text !== 'string')
    throw new MessageError('an argument of a type that reports do not have');
  return text;
}
