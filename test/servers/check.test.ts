import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { kaneda } from '../programs/cli.js';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { startMongo } from '../support/servers/ferretdb.js';
import { startInflux } from '../support/servers/influxdb.js';
import { startRabbit } from '../support/servers/rabbitmq.js';
import { startRedis } from '../support/servers/redis.js';
import { startRethink } from '../support/servers/rethinkdb.js';
import { requireServer, type Server } from '../support/servers/server.js';

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
  ][] = [
    [
      'Elasticsearch',
      'elasticsearch',
      startElasticsearch,
      (url) => ({ KANEDA_ELASTIC_CONNECTION_URL: url, KANEDA_ELASTIC_TIMEOUT: '5' }),
    ],
    [
      'MongoDB',
      'mongodb',
      startMongo,
      (url) => ({ KANEDA_MONGO_CONNECTION_URL: url, KANEDA_MONGO_TIMEOUT: '5000' }),
    ],
    [
      'InfluxDB',
      'influxdb',
      startInflux,
      (url) => ({ KANEDA_INFLUX_CONNECTION_URL: url, KANEDA_INFLUX_TIMEOUT: '5' }),
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
    ],
  ];
  for (const [name, target, start, settings] of stores) {
    it(`sets ${name} up, writes one report and reads it back`, async function () {
      server = await requireServer(this, start);
      const { code, result } = await check(
        { KANEDA_BACKEND: target, ...settings(server.url) },
        '--setup',
      );
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
      server = await requireServer(this, start);
      const env = {
        KANEDA_QUEUE: name,
        ...settings(server.url),
        KANEDA_BACKEND: 'logger',
        KANEDA_LOGGER_FILENAME: join(cwd, 'm.log'),
      };
      const { code, result } = await check(env);
      expect(
        result.checks.map(({ name, ok }: { name: string; ok: boolean }) => `${name} ${ok}`),
      ).to.deep.equal(['QUEUE true', 'BACKEND true']);
      expect(code).to.equal(0);
    });
  }
});
