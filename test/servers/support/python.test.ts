import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryFolder } from '../../support/servers/process.js';
import { type Python, type PythonWorker, python } from '../../support/servers/python.js';
import { startRabbit } from '../../support/servers/rabbitmq.js';
import { startRedis } from '../../support/servers/redis.js';
import { orSkip, requireServer, type Server } from '../../support/servers/server.js';
import { silence } from '../../support/servers/silence.js';

const PRODUCER = (queue: string) => `
import sys
from kaneda import Metrics
from kaneda.queues import ${queue.slice(0, queue.indexOf('('))}
metrics = Metrics(queue=${queue})
for i in range(3):
    metrics.increment('visits', tags=['a'])
`;

const VISIT = { name: 'visits', metric: 'counter', value: 1, tags: ['a'], id_: null };

describe('the Python fixture', () => {
  let peer: Python;
  let redis: Server;
  before(async function () {
    peer = await orSkip(this, python);
    redis = await requireServer(this, startRedis, { own: true });
  });
  after(() => redis?.stop());

  it('runs an RQ worker that stores what kaneda.py queued, also after kill -9', async function () {
    this.timeout(120_000);
    const produce = () =>
      peer.run(PRODUCER('RQQueue(redis_url=sys.argv[1], queue_name="kaneda")'), {
        args: [redis.url],
      });
    const worker = await peer.rqWorker(redis.url);
    await produce();
    expect(await stored(worker, 3)).to.deep.equal([VISIT, VISIT, VISIT]);
    await worker.kill();
    await produce();
    await worker.start();
    expect(await stored(worker, 6)).to.have.length(6);
    await worker.stop();
  });

  it('runs a Celery worker on Redis', async function () {
    this.timeout(120_000);
    await celery(redis);
  });

  it('runs a Celery worker on RabbitMQ', async function () {
    const rabbit = await requireServer(this, startRabbit);
    try {
      await celery(rabbit);
    } finally {
      await rabbit.stop();
    }
  });

  it('runs programs with cantal', async () => {
    const path = join(temporaryFolder('cantal'), 'base');
    const source =
      "import cantal, sys\nc = cantal.Counter(group='g', metric='m')\ncantal.start()\nc.incr(2)\nprint('ready', flush=True)\nsys.stdin.read()\nimport time\ntime.sleep(60)";
    const program = await peer.spawn(source, { env: { CANTAL_PATH: path } });
    expect(existsSync(`${path}.meta`)).to.equal(true);
    expect(existsSync(`${path}.values`)).to.equal(true);
    await program.kill();
  });

  async function celery(broker: Server): Promise<void> {
    const worker = await peer.celeryWorker(broker.url);
    await peer.run(PRODUCER('CeleryQueue(broker=sys.argv[1], queue_name="celery")'), {
      args: [broker.url],
    });
    expect(await stored(worker, 3)).to.deep.equal([VISIT, VISIT, VISIT]);
    await worker.stop();
  }
});

async function stored(worker: PythonWorker, count: number) {
  for (;;) {
    const found = await worker.reports();
    if (found.length >= count) return found;
    await silence(50);
  }
}
