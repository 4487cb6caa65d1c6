import { deflateSync } from 'node:zlib';
import type { Report } from '../../reports/report.js';
import { LEASE_MS } from '../consuming/heartbeat.js';
import { MessageError } from '../errors.js';
import { checkSize, MAX_TAKEN_BYTES, MAX_WIRE_BYTES, reasonText } from '../jobs/limits.js';
import { type Command, idBytes, type JobCommands } from '../redis/consumer.js';
import { FAILURE_TTL_S, readJob } from './message.js';
import { DONE, FAIL, LEAVE, RECOVER, RETURN, ROW_WIDTH, TAKE } from './scripts.js';

/** A job as the script `TAKE` answers it. */
export type RQRow = readonly [
  id: Buffer,
  fault: Buffer | null,
  data: Buffer | null,
  report: Buffer | null,
  createdAt: Buffer | null,
];

/** The scripts of an RQ queue, and the way to read its jobs. */
export class RQCommands implements JobCommands<RQRow> {
  readonly queueKey: string;
  readonly rowWidth = ROW_WIDTH;
  readonly #failedKey: string;

  constructor(queueName: string) {
    this.queueKey = `rq:queue:${queueName}`;
    this.#failedKey = `rq:failed:${queueName}`;
  }

  take(max: number): Command {
    return { script: TAKE, args: [LEASE_MS, max, MAX_WIRE_BYTES, MAX_TAKEN_BYTES, rqTime()] };
  }

  acknowledge(ids: readonly string[]): Command {
    return { script: DONE, args: ids.map(idBytes) };
  }

  giveBack(id: string): Command {
    return { script: RETURN, args: [idBytes(id)] };
  }

  deadLetter(id: string, reason: string): Command {
    const text = reasonText(reason);
    const stored = deflateSync(text).toString('base64');
    const nowS = Math.floor(Date.now() / 1_000);
    return {
      script: FAIL,
      keys: [this.#failedKey],
      args: [idBytes(id), text, stored, rqTime(), nowS, FAILURE_TTL_S],
    };
  }

  recover(inHand: readonly string[]): Command {
    return { script: RECOVER, args: [LEASE_MS, ...inHand.map(idBytes)] };
  }

  leave(): Command {
    return { script: LEAVE, args: [] };
  }

  read([id, fault, data, report, createdAt]: RQRow): Report | undefined {
    const bytes = Number(fault);
    if (bytes === -2) return undefined;
    if (bytes === -1) throw new MessageError('the job is not a hash');
    checkSize(bytes, MAX_WIRE_BYTES);
    if (data === null) throw new MessageError('the job has no data');
    return readJob({ id: id.toString('utf8'), data, report, createdAt });
  }
}

const rqTime = (): string => new Date().toISOString().replace('Z', '000Z');
