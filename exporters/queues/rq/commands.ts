import { deflateSync } from 'node:zlib';
import type { Report } from '../../reports/report.js';
import { LEASE_MS } from '../consuming/heartbeat.js';
import { MessageError } from '../errors.js';
import { checkSize, MAX_TAKEN_BYTES, MAX_WIRE_BYTES, reasonText } from '../jobs/limits.js';
import { type Command, idBytes, type JobCommands } from '../redis/consumer.js';
import type { RowOf } from '../redis/lua.js';
import { FAILURE_TTL_S, readJob } from './message.js';
import { DONE, FAIL, LEAVE, RECOVER, RETURN, ROW, TAKE } from './scripts.js';

/** The scripts of an RQ queue, and the way to read its jobs. */
export class RQCommands implements JobCommands<typeof ROW> {
  readonly queueKey: string;
  readonly rowTypes = ROW;
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

  read([id, fault, report, data, createdAt]: RowOf<typeof ROW>): Report | undefined {
    const bytes = Number(fault);
    if (bytes === -2) return undefined;
    if (bytes === -1) throw new MessageError('the job is not a hash');
    checkSize(bytes, MAX_WIRE_BYTES);
    return readJob({ id: id!, report, data, createdAt });
  }
}

const rqTime = (): string => new Date().toISOString().replace('Z', '000Z');
