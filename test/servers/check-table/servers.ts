import { Redis } from 'ioredis';
import type { Context } from 'mocha';
import { makeCertificates } from '../../support/servers/certificates.js';
import { type Collector, startCollector } from '../../support/servers/collector.js';
import { startElasticsearch } from '../../support/servers/elasticsearch.js';
import { grant } from '../../support/servers/elasticsearch-rights.js';
import { startMongo } from '../../support/servers/ferretdb.js';
import { startInflux } from '../../support/servers/influxdb.js';
import { type RabbitProcess, startRabbit } from '../../support/servers/rabbitmq.js';
import { startRedis } from '../../support/servers/redis.js';
import { orSkip, type Server } from '../../support/servers/server.js';
import { reader } from '../../support/servers/stores/elastic-found.js';
import { query } from '../../support/servers/stores/influx-found.js';
import { startTlsFront, type TlsFront } from '../../support/servers/tls-front.js';

/** One server of a kind, each with passwords on. */
export interface Servers {
  readonly elastic: Server;
  readonly influx: Server;
  readonly mongo: Server;
  readonly redis: Server;
  readonly rabbit: RabbitProcess;
  readonly collector: Collector;
  /** TLS ports before the servers above; their authority is known to nobody. */
  readonly tls: Readonly<
    Record<'elastic' | 'influx' | 'mongo' | 'redis' | 'rabbit' | 'collector', TlsFront>
  >;
  /** Texts that no check may show. */
  readonly secrets: readonly string[];
  stop(): Promise<void>;
}

/** The administrator's password of each server. */
export const PASSWORD = 'adm1n-planted';
export const WRONG = 'wr0ng-planted';
/** The password of accounts that may not write. */
export const POOR = 'p00r-planted';

/** Starts all that the table needs, at the same time. */
export async function startServers(context: Context): Promise<Servers> {
  return orSkip(context, async () => {
    const own = true;
    const password = PASSWORD;
    const [elastic, influx, mongo, redis, rabbit, collector, certificates] = await Promise.all([
      startElasticsearch({ own, password }),
      startInflux({ own, password }),
      startMongo({ own, password }),
      startRedis({ own, password }),
      startRabbit({ own }) as Promise<RabbitProcess>,
      startCollector({ own }),
      makeCertificates(),
    ]);
    const plain = { elastic, influx, mongo, redis, rabbit, collector };
    const fronts = await Promise.all(
      Object.entries(plain).map(
        async ([name, { url }]) => [name, await startTlsFront(url, certificates)] as const,
      ),
    );
    await makePoorAccounts(plain);
    return {
      ...plain,
      tls: Object.fromEntries(fronts) as unknown as Servers['tls'],
      secrets: [PASSWORD, WRONG, POOR, 'planted-writer'],
      stop: async () => {
        await Promise.all(fronts.map(([, front]) => front.close()));
        await Promise.all(Object.values(plain).map((server) => server.stop()));
      },
    };
  });
}

/** The URL with user and password. */
export const as = (url: string, user: string, password: string): string =>
  url.replace(/\/\/(?:.*@)?/, `//${user}:${password}@`);

/** Accounts that may sign in and not write. */
async function makePoorAccounts({
  elastic,
  influx,
  redis,
  rabbit,
}: Pick<Servers, 'elastic' | 'influx' | 'redis' | 'rabbit'>): Promise<void> {
  const admin = reader(as(elastic.url, 'elastic', PASSWORD));
  await grant(admin, ['elsewhere-*']);
  await admin.close();
  const account = { username: 'admin', password: PASSWORD };
  await query(influx.url, 'CREATE DATABASE kaneda', '', account);
  await query(influx.url, `CREATE USER poor WITH PASSWORD '${POOR}'`, '', account);
  const connection = new Redis(as(redis.url, '', PASSWORD));
  await connection.call(
    'ACL',
    'SETUSER',
    'poor',
    'on',
    `>${POOR}`,
    '~*',
    '&*',
    '+@all',
    '-@write',
    '-@scripting',
  );
  connection.disconnect();
  rabbit.control('add_user', 'poor', POOR);
  rabbit.control('set_permissions', 'poor', '', '', '');
}
