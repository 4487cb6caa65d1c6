import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import { hasQueue } from '../../exporters/queues/celery/amqp/connection.js';
import { type DriverConnection, loadDriver } from '../../exporters/stores/rethinkdb/driver.js';
import { kaneda } from '../programs/cli.js';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { startMongo } from '../support/servers/ferretdb.js';
import { startInflux } from '../support/servers/influxdb.js';
import { startRabbit } from '../support/servers/rabbitmq.js';
import { startRedis } from '../support/servers/redis.js';
import { startRethink } from '../support/servers/rethinkdb.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { reader } from '../support/servers/stores/elastic-found.js';
import { query } from '../support/servers/stores/influx-found.js';

/** Nothing is in the Redis, or the broker has no queue of Celery's name. */
async function isEmpty(url: string): Promise<boolean> {
  if (url.startsWith('redis')) {
    const redis = new Redis(url);
    const size = await redis.dbsize();
    redis.disconnect();
    return size === 0;
  }
  const connection = await connect(url);
  const there = await hasQueue(connection, 'celery');
  await connection.close();
  return !there;
}

describe('kaneda check on real servers', () => {
  let cwd: string;
  let server: Server | undefined;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'kaneda-check-'));
  });
  afterEach(async () => {
    rmSync(cwd, { recursive: true });
    await server?.stop();
    server = undefined;
  });

  const check = async (env: Record<string, string>, ...more: string[]) => {
    const { code, stdout, stderr } = await kaneda(['check', '--json', ...more], { cwd, env });
    expect(stderr).to.equal('');
    return { code, result: JSON.parse(stdout) };
  };

  const stores: [
    string,
    string,
    typeof startInflux | typeof startRethink,
    (url: string) => Record<string, string>,
    /** The names of what was made in the store. */
    (url: string) => Promise<unknown[]>,
  ][] = [
    [
      'Elasticsearch',
      'elasticsearch',
      startElasticsearch,
      (url) => ({ KANEDA_ELASTIC_CONNECTION_URL: url, KANEDA_ELASTIC_TIMEOUT: '5' }),
      async (url) => {
        const client = reader(url);
        const indices = await client.indices.get({ index: '*', expand_wildcards: 'all' });
        const { index_templates } = await client.indices.getIndexTemplate();
        return [
          ...Object.keys(indices),
          ...index_templates.map(({ name }) => name).filter((name) => name.includes('kaneda')),
        ];
      },
    ],
    [
      'MongoDB',
      'mongodb',
      startMongo,
      (url) => ({ KANEDA_MONGO_CONNECTION_URL: url, KANEDA_MONGO_TIMEOUT: '5000' }),
      async (url) => {
        const client = new MongoClient(url);
        const collections = await client.db('kaneda').listCollections().toArray();
        await client.close();
        return collections;
      },
    ],
    [
      'InfluxDB',
      'influxdb',
      startInflux,
      (url) => ({ KANEDA_INFLUX_CONNECTION_URL: url, KANEDA_INFLUX_TIMEOUT: '5' }),
      async (url) =>
        (await query(url, 'SHOW DATABASES')).filter(({ name }) => name !== '_internal'),
    ],
    [
      'RethinkDB',
      'rethinkdb',
      startRethink,
      (url) => ({
        KANEDA_RETHINK_HOST: new URL(url).hostname,
        KANEDA_RETHINK_PORT: new URL(url).port,
        KANEDA_RETHINK_TIMEOUT: '5',
      }),
      async (url) => {
        const { r, TcpConnection } = await loadDriver();
        const { hostname: host, port } = new URL(url);
        const connection = await new Promise<DriverConnection>((resolve, reject) => {
          new TcpConnection({ host, port: Number(port), timeout: 5 }, (error, made) =>
            error ? reject(error) : resolve(made),
          );
        });
        const names = (await r.dbList().run(connection)) as string[];
        await connection.close({ noreplyWait: false });
        return names.filter((name) => name === 'kaneda');
      },
    ],
  ];
  for (const [name, target, start, settings, left] of stores) {
    it(`asks ${name} without writing, then sets it up, writes one report and reads it back`, async function () {
      server = await requireServer(this, start, { own: true });
      const env = { KANEDA_BACKEND: target, ...settings(server.url) };
      const asked = await check(env, '--no-write');
      expect(asked.result.checks[0]).to.deep.include({
        ok: true,
        steps: ['reached', 'nothing written'],
      });
      expect(asked.code).to.equal(0);
      expect(await left(server.url)).to.deep.equal([]);
      const { code, result } = await check(env, '--setup');
      expect(result.checks[0].address).to.contain(new URL(server.url).port);
      expect(result.checks[0]).to.deep.include({
        ok: true,
        steps: ['set up', 'reached', 'one report written', 'read back'],
      });
      expect(code).to.equal(0);
    });
  }

  it('says which credentials are wrong, and shows none', async function () {
    server = await requireServer(this, startInflux, { own: true, password: 'adm1n' });
    const url = server.url.replace('://', '://admin:hunter2@');
    const { code, result } = await check({
      KANEDA_BACKEND: 'influxdb',
      KANEDA_INFLUX_CONNECTION_URL: url,
      KANEDA_INFLUX_TIMEOUT: '5',
    });
    expect(code).to.equal(1);
    expect(result.checks[0].remedy).to.contain('correct username and password');
    expect(JSON.stringify(result)).to.not.contain('hunter2');
  });

  const queues: [string, typeof startRedis, (url: string) => Record<string, string>][] = [
    ['bullmq', startRedis, (url) => ({ KANEDA_BULLMQ_REDIS_URL: url })],
    ['rq', startRedis, (url) => ({ KANEDA_RQ_REDIS_URL: url })],
    ['celery', startRedis, (url) => ({ KANEDA_CELERY_BROKER: url })],
    ['celery', startRabbit, (url) => ({ KANEDA_CELERY_BROKER: url })],
  ];
  for (const [name, start, settings] of queues) {
    it(`reaches the queue ${name} (${start === startRabbit ? 'RabbitMQ' : 'Redis'}) and the store behind it`, async function () {
      server = await requireServer(this, start, { own: true });
      const env = {
        KANEDA_QUEUE: name,
        ...settings(server.url),
        KANEDA_BACKEND: 'logger',
        KANEDA_LOGGER_FILENAME: join(cwd, 'm.log'),
      };
      const asked = await check(env, '--no-write');
      expect(asked.result.checks.map(({ steps }: { steps: string[] }) => steps)).to.deep.equal([
        ['reached', 'nothing written'],
        ['reached', 'nothing written'],
      ]);
      expect(await isEmpty(server.url)).to.equal(true);
      expect(existsSync(join(cwd, 'm.log'))).to.equal(false);
      const { code, result } = await check(env);
      expect(
        result.checks.map(({ name, ok }: { name: string; ok: boolean }) => `${name} ${ok}`),
      ).to.deep.equal(['QUEUE true', 'BACKEND true']);
      expect(code).to.equal(0);
    });
  }
});
