import type { Report } from '../../../reports/report.js';
import { LEASE_MS } from '../../consuming/heartbeat.js';
import { MessageError } from '../../errors.js';
import { MAX_TAKEN_BYTES, MAX_WIRE_BYTES, reasonText } from '../../jobs/limits.js';
import { readJson } from '../../jobs/python-json.js';
import type { Command, JobCommands } from '../../redis/consumer.js';
import type { RowOf } from '../../redis/lua.js';
import { readMessage } from '../message.js';
import { openEnvelope } from './envelope.js';
import { DEAD_LETTER, DONE, LEAVE, RECOVER, RETURN, ROW, TAKE } from './scripts.js';

/**
 * Kombu's default. All consumers of one Redis database share what is held, so all should have the
 * same.
 */
const VISIBILITY_TIMEOUT_S = 3_600;
/** kombu's names for the lists of priorities 3, 6 and 9; a lower number is served first. */
const PRIORITIES = [3, 6, 9].map((priority) => `\x06\x16${priority}`);

const TOO_LARGE = `too large: the limit is ${MAX_WIRE_BYTES} bytes`;

/**
 * The scripts of a Celery queue in Redis, and the way to read its messages. What a worker holds is
 * where kombu's workers hold theirs.
 */
export class CeleryCommands implements JobCommands<typeof ROW> {
  readonly queueKey: string;
  readonly rowTypes = ROW;
  /** Kombu's suffix of a held message: exchange and routing key. */
  readonly #suffix: string;
  readonly #suffixOfPython: string;
  #takes = 0;

  constructor(queue: string) {
    this.queueKey = queue;
    this.#suffix = `,"",${JSON.stringify(queue)}]`;
    this.#suffixOfPython = `, "", ${JSON.stringify(queue)}]`;
  }

  take(max: number): Command {
    this.#takes += 1;
    return {
      script: TAKE,
      keys: PRIORITIES.map((priority) => this.queueKey + priority),
      args: [
        LEASE_MS,
        max,
        MAX_WIRE_BYTES,
        MAX_TAKEN_BYTES,
        this.#takes,
        this.#suffix,
        JSON.stringify(TOO_LARGE),
      ],
    };
  }

  acknowledge(tags: readonly string[]): Command {
    return { script: DONE, args: tags };
  }

  giveBack(tag: string): Command {
    return { script: RETURN, args: [tag, this.#suffix] };
  }

  deadLetter(tag: string, reason: string): Command {
    const header = JSON.stringify(reasonText(reason));
    return { script: DEAD_LETTER, args: [tag, this.#suffix, header, MAX_WIRE_BYTES] };
  }

  recover(inHand: readonly string[]): Command {
    const args = [LEASE_MS, this.#suffix, this.#suffixOfPython, VISIBILITY_TIMEOUT_S, ...inHand];
    return { script: RECOVER, args };
  }

  leave(): Command {
    return { script: LEAVE, args: [this.#suffix] };
  }

  read([, message]: RowOf<typeof ROW>): Report {
    // It went to the dead letters at once.
    if (message === null) throw new MessageError(TOO_LARGE);
    return readMessage(openEnvelope(readJson(message, MAX_WIRE_BYTES)));
  }
}
