import type { Cluster, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { cleanError, secretsOf } from '../../diagnostics/secrets.js';
import { ImproperlyConfiguredError } from '../../errors.js';
import { notLoaded } from '../../setup/assert-installed.js';
import { exportsOf } from '../../setup/package-loading.js';
import { isBackground } from '../../timing/keep-alive.js';
import { withTimeout } from '../../timing/with-timeout.js';
import { withDatabase } from '../broker-options.js';
import { CLUSTER_REMEDY, isCluster } from './cluster.js';
import { explainRedisError } from './explain-redis-error.js';
import { PendingAnswerGuard } from './pending-answer-guard.js';

/** Time that Redis may take for one of a worker's steps. */
const STEP_TIMEOUT_MS = 10_000;

const CLOSED = 'the queue is closed';

/** Commands that cannot be sent now fail at once: nothing grows while the server is away. */
const OPTIONS = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  // BullMQ asks for null; without reconnection no command is retried anyway.
  maxRetriesPerRequest: null,
  retryStrategy: () => null,
  connectTimeout: 5_000,
  // ioredis keeps the program alive for this long after each failed connection.
  disconnectTimeout: 100,
  keepAlive: 10_000,
  stringNumbers: false,
  connectionName: 'kaneda',
} satisfies RedisOptions;

/** The same for a Cluster; its nodes' options stay as they were given. */
const CLUSTER_OPTIONS = {
  lazyConnect: true,
  enableOfflineQueue: false,
  clusterRetryStrategy: () => null,
} satisfies ClusterOptions;

/** A connection to Redis that is opened when it is needed, and again after it was lost. */
export class RedisLink {
  readonly #given: Redis | undefined;
  readonly #ways: readonly (() => Promise<Redis>)[];
  /** The way that is tried next: the last good one, or the one after a bad one. */
  #way = 0;
  readonly #guard = new PendingAnswerGuard();
  #client: Redis | undefined;
  #opening: Promise<Redis> | undefined;
  /** Redis repeats the arguments of a command that it does not know, AUTH's too. */
  readonly #secrets: readonly string[];
  #running = 0;
  #closed = false;

  private constructor(
    given: Redis | undefined,
    ways: readonly (() => Promise<Redis>)[],
    ...urls: readonly string[]
  ) {
    this.#secrets = secretsOf(...urls);
    this.#given = given;
    this.#ways = ways;
  }

  /** The application's connection, never closed here, or ours to the first URL that answers. */
  static to(
    connection: Redis | undefined,
    url: string | readonly string[] | undefined,
    connectTimeout: number = OPTIONS.connectTimeout,
  ): RedisLink {
    const urls = [url ?? []].flat();
    const ways = urls.map((one) => async () => {
      const { Redis } = await import('ioredis')
        .catch(notLoaded('A queue on Redis', 'ioredis', '6'))
        .then(exportsOf);
      return new Redis(withDatabase(one), { ...OPTIONS, connectTimeout });
    });
    return new RedisLink(connection, ways, ...urls);
  }

  /** A connection of ours to the same server as another, or to the same nodes of a Cluster. */
  static beside(connection: () => Promise<Redis | Cluster>): RedisLink {
    const duplicate = async () => {
      const given = await connection();
      const own = isCluster(given)
        ? given.duplicate([], CLUSTER_OPTIONS)
        : given.duplicate(OPTIONS);
      return own as Redis;
    };
    return new RedisLink(undefined, [duplicate]);
  }

  /** The connected client. Rejects if the server cannot be reached now, and after {@link close}. */
  open(): Promise<Redis> {
    if (this.#closed) return Promise.reject(new Error(CLOSED));
    if (this.#given !== undefined) return Promise.resolve(this.#given);
    // While it is being opened it is not in its database for sure, whatever its status says.
    if (this.#opening === undefined && this.#client?.status === 'ready')
      return Promise.resolve(this.#client);
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Runs commands until `signal` aborts, then drops our connection and its unsent commands. */
  async run<T>(signal: AbortSignal, commands: (redis: Redis) => Promise<T>): Promise<T> {
    // Nothing may be waiting for a write; a take is always awaited.
    const held = isBackground() ? 0 : 1;
    this.#running += held;
    try {
      return await this.#guard.wait(
        signal,
        async () => {
          const redis = await this.open();
          this.#keepAlive();
          return commands(redis);
        },
        this.#given === undefined ? () => this.#drop() : undefined,
      );
    } catch (error) {
      if (this.#closed) throw new Error(CLOSED);
      throw cleanError(explainRedisError(error), this.#secrets);
    } finally {
      this.#running -= held;
      this.#keepAlive();
    }
  }

  /** Runs one of a worker's steps, which has a time limit of its own. */
  step<T>(commands: (redis: Redis) => Promise<T>): Promise<T> {
    return withTimeout(STEP_TIMEOUT_MS, [], (signal) => this.run(signal, commands));
  }

  /** Closes our connection, also one that is being opened; no later call works. */
  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #drop(): void {
    this.#client?.disconnect();
    this.#client = undefined;
  }

  /** Tries each way once. */
  async #connect(): Promise<Redis> {
    for (let left = this.#ways.length - 1; left > 0; left--) {
      try {
        return await this.#connectOn(this.#ways[this.#way]!);
      } catch {
        this.#nextWay();
      }
    }
    try {
      return await this.#connectOn(this.#ways[this.#way]!);
    } catch (error) {
      this.#nextWay();
      throw error;
    }
  }

  #nextWay(): void {
    this.#way = (this.#way + 1) % this.#ways.length;
  }

  async #connectOn(make: () => Promise<Redis>): Promise<Redis> {
    this.#drop();
    const client = await make();
    this.#client = client;
    if (this.#closed) {
      this.#drop();
      throw new Error(CLOSED);
    }
    let reason: unknown;
    client.on('error', (error) => {
      reason = error;
    });
    try {
      await connectClient(client);
      // ioredis continues in database 0 if its SELECT is refused.
      const { db = 0 } = client.options as RedisOptions;
      if (db > 0) await client.select(db);
      if (!isCluster(client)) await assertNoCluster(client);
      this.#keepAlive();
      return client;
    } catch (error) {
      client.disconnect();
      // Its status may still be `ready`.
      if (this.#client === client) this.#client = undefined;
      // The rejection says that the connection is closed, the event says why.
      throw cleanError(explainRedisError(reason ?? error), this.#secrets);
    }
  }

  /** An idle connection of ours does not keep the program running. */
  #keepAlive(): void {
    if (this.#running > 0) this.#client?.stream?.ref?.();
    else this.#client?.stream?.unref?.();
  }
}

/** Connects. The duplicate of a BullMQ Queue's connection to a Cluster connects by itself. */
async function connectClient(client: Redis): Promise<void> {
  if (client.status === 'wait') return client.connect();
  if (client.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    client.once('ready', () => resolve());
    client.once('end', () => reject(new Error('the connection to Redis ended')));
  });
}

/** A node of a Cluster refuses some commands of a client that knows no other node. */
async function assertNoCluster(client: Redis): Promise<void> {
  const about = await client.info('cluster').catch(() => '');
  if (about.includes('cluster_enabled:1'))
    throw new ImproperlyConfiguredError(`Redis is a Cluster: ${CLUSTER_REMEDY}`);
}
