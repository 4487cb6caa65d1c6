import type { ChannelModel, ConsumeMessage } from 'amqplib';
import { onChannel } from './connection.js';

/**
 * The header in which a quorum queue counts how often it has got a message back. Other queues set
 * none.
 */
export const DELIVERY_COUNT = 'x-delivery-count';

/**
 * A limit that no queue has: the broker refuses to declare the queue with it and names the queue's
 * own limit.
 */
const UNLIKELY_LIMIT = 1_234_567;

/** True if a quorum queue has counted an earlier delivery of the message. */
export function isCounted({ properties }: ConsumeMessage): boolean {
  const count: unknown = properties.headers?.[DELIVERY_COUNT];
  return typeof count === 'number' && count > 0;
}

/**
 * A quorum queue's limit of deliveries, as far as AMQP tells. What a policy sets is not among it.
 */
export interface DeliveryLimit {
  /** The queue's argument `x-delivery-limit`; undefined where it has none. */
  readonly argument?: number;
  /**
   * The exchange for messages beyond the limit, by the queue's argument; without it they are lost.
   */
  readonly deadLetterExchange?: string;
  /** The broker's version. From 4 on every quorum queue has a limit of 20 unless told otherwise. */
  readonly version: string;
}

/** More arguments than a queue has. */
const MAX_ARGUMENTS = 10;

/**
 * The limit of a queue that exists; undefined unless it is a quorum queue. A declaration with other
 * arguments than the queue's is refused and changes nothing; the refusal names the first argument
 * that differs, and its value.
 */
export async function deliveryLimitOf(
  connection: ChannelModel,
  queue: string,
): Promise<DeliveryLimit | undefined> {
  const args: Record<string, string | number> = {
    'x-queue-type': 'quorum',
    'x-delivery-limit': UNLIKELY_LIMIT,
  };
  for (let i = 0; i < MAX_ARGUMENTS; i++) {
    const [name, value] = await difference(connection, queue, args);
    if (name === 'x-delivery-limit') return limitOf(connection, args, value);
    if (name === undefined || name === 'x-queue-type' || value === undefined) return undefined;
    args[name] = value;
  }
  return undefined;
}

/** Describes what the limit does, with the remedy. */
export function describeLimit(
  queue: string,
  { argument, deadLetterExchange, version }: DeliveryLimit,
): string {
  const limit =
    argument === undefined
      ? `the limit that a policy gives it (delivery-limit; RabbitMQ ${version} ${isLimitedByDefault(version) ? 'has a default of 20' : 'has no default'})`
      : `${argument} times (x-delivery-limit)`;
  const fate =
    deadLetterExchange === undefined
      ? 'loses such a message unless a policy names a dead-letter exchange'
      : `sends such a message to the exchange '${deadLetterExchange}'`;
  return (
    `the queue '${queue}' is a quorum queue: it counts each return of a message, also when a worker ends or dies, and beyond ` +
    `${limit} it ${fate}. A Kaneda worker publishes a returned message again, which starts the count at 0; a Python worker does not. ` +
    `Set a dead-letter exchange by a policy: rabbitmqctl set_policy kaneda ${quoteWord(`^${escapePattern(queue)}$`)} '{"dead-letter-exchange":"…"}' --apply-to queues`
  );
}

/** A queue's name within the pattern of a policy, a regular expression. */
const escapePattern = (name: string): string => name.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');

/** A word for a POSIX shell. */
const quoteWord = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** True if a quorum queue has a limit that can lose messages, for all that is known. */
export function isLimited({ argument, version }: DeliveryLimit): boolean {
  return argument !== undefined || isLimitedByDefault(version);
}

const isLimitedByDefault = (version: string): boolean => Number.parseInt(version, 10) >= 4;

/**
 * The first argument that differs from the queue's own, and the queue's value; nothing where no
 * difference is named.
 */
async function difference(
  connection: ChannelModel,
  queue: string,
  args: object,
): Promise<[name?: string | undefined, value?: string | number]> {
  const refusal = await onChannel(connection, (channel) =>
    channel.assertQueue(queue, { durable: true, arguments: args }).then(
      () => '',
      (error: Error) => error.message,
    ),
  );
  const found =
    /inequivalent arg '([^']+)'.* current is (?:none|(?:the value )?'([^']*)'(?: of type '(\w+)')?)/s.exec(
      refusal,
    );
  if (found === null) return [];
  const [, name, value, type] = found;
  if (value === undefined) return [name];
  return [name, type === 'longstr' || !/^-?\d+$/.test(value) ? value : Number(value)];
}

function limitOf(
  connection: ChannelModel,
  args: Readonly<Record<string, string | number>>,
  argument: string | number | undefined,
): DeliveryLimit {
  const { serverProperties } = connection.connection as { serverProperties?: { version?: string } };
  const exchange = args['x-dead-letter-exchange'];
  return {
    version: serverProperties?.version ?? '',
    ...(argument === undefined ? {} : { argument: Number(argument) }),
    ...(exchange === undefined ? {} : { deadLetterExchange: String(exchange) }),
  };
}
