import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import type { Delivery, ReportQueue } from '../../exporters/queues/index.js';
import { release } from '../../exporters/queues/redis/lua.js';
import { Script } from '../../exporters/queues/redis/script.js';
import { someReports } from '../conformance/suites/queue.js';
import { ownRedis } from '../support/servers/own-redis.js';
import { QUEUES } from '../support/servers/queues.js';

/** Reports of a batch: enough that the list is read, not searched. */
const SIZE = 100;

const idOf = ({ report }: Delivery): string => report.id;
const ids = (deliveries: readonly Delivery[]): string[] => deliveries.map(idOf);

async function acknowledge(deliveries: readonly Delivery[]): Promise<void> {
  await Promise.all(deliveries.map((delivery) => delivery.acknowledge()));
}

async function taken(queue: ReportQueue, max: number): Promise<readonly Delivery[]> {
  return queue.take({ max, signal: AbortSignal.timeout(20_000), wait: false });
}

/** Everything that another worker finds once this one is gone. */
async function allThatComesAgain(queue: ReportQueue): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const batch = await taken(queue, SIZE);
    if (batch.length === 0) return found;
    found.push(...ids(batch));
    await acknowledge(batch);
  }
}

for (const name of ['RQ', 'Celery on Redis', 'BullMQ']) {
  describe(`Acknowledgements to ${name}`, function () {
    this.timeout(60_000);
    const redis = ownRedis();
    const make = () => QUEUES[name]![1](redis.url);
    let queue: ReportQueue;
    let batches: (readonly Delivery[])[];

    beforeEach(async () => {
      await redis.admin.flushall();
      const producer = make();
      producer[INTERNALS].accept(someReports(4 * SIZE));
      await producer.shutdown({ timeout: 20_000 });
      queue = make();
      batches = [];
      for (let i = 0; i < 4; i++) batches.push(await taken(queue, SIZE));
      expect(new Set(batches.flatMap(ids)).size).to.equal(4 * SIZE);
    });

    afterEach(() => queue.shutdown());

    async function expectAgain(deliveries: readonly Delivery[]): Promise<void> {
      await queue.shutdown();
      const next = make();
      const found = await allThatComesAgain(next);
      await next.shutdown();
      expect(found).to.have.lengthOf(deliveries.length);
      expect(found).to.have.members(ids(deliveries));
    }

    it('forget nothing else when batches end in another order', async () => {
      for (const i of [2, 0, 3]) await acknowledge(batches[i]!);
      await expectAgain(batches[1]!);
    });

    it('forget nothing else when parts of all batches end, backwards', async () => {
      const open = batches.flat().filter((_, i) => i % 3 === 0);
      const ended = batches.flat().filter((_, i) => i % 3 !== 0);
      await acknowledge(ended.reverse());
      await expectAgain(open);
    });

    it('forget a few among many', async () => {
      const ended = [batches[3]![7]!, batches[0]![99]!, batches[1]![0]!];
      await acknowledge(ended);
      await expectAgain(batches.flat().filter((delivery) => !ended.includes(delivery)));
    });

    it('forget one job that was held up only when it ends too', async () => {
      const stuck = batches[0]![0]!;
      await acknowledge(batches[0]!.slice(1));
      for (const batch of batches.slice(1)) await acknowledge(batch);
      await stuck.acknowledge();
      await expectAgain([]);
    });

    it('forget nothing of another worker', async () => {
      const producer = make();
      producer[INTERNALS].accept(someReports(2 * SIZE));
      await producer.shutdown({ timeout: 20_000 });
      const other = make();
      const theirs = await taken(other, SIZE);
      const mine = await taken(queue, SIZE);
      await acknowledge(batches[1]!);
      await acknowledge(mine);
      await other.shutdown();
      await expectAgain([...batches[0]!, ...batches[2]!, ...batches[3]!, ...theirs]);
    });

    it('leave what was given back meanwhile', async () => {
      const back = batches[1]!.slice(0, 50);
      for (const delivery of back) await delivery.retry('the store is away');
      await acknowledge(batches[0]!);
      // Of a job that went back nothing may be forgotten, whatever is said of it later.
      await acknowledge(batches[1]!).catch(() => {});
      await expectAgain([...back, ...batches[2]!, ...batches[3]!]);
    });

    it('forget nothing else while Redis is full', async () => {
      await redis.admin.config('SET', 'maxmemory', '1mb');
      try {
        await acknowledge(batches[1]!);
        await acknowledge(batches[3]!.slice(0, 60));
      } finally {
        await redis.admin.config('SET', 'maxmemory', '0');
      }
      await expectAgain([...batches[0]!, ...batches[2]!, ...batches[3]!.slice(60)]);
    });
  });
}

describe('release, of entries of a list', () => {
  const redis = ownRedis();

  for (const oldest of ['left', 'right'] as const) {
    const script = new Script(`${release(oldest)}return release(KEYS[1], ARGV)`);

    it(`takes each once, and keeps all others, from the ${oldest}`, async () => {
      for (let round = 0; round < 300; round++) {
        const any = (below: number) => Math.floor(Math.random() * below);
        const list = Array.from({ length: any(120) }, () => `id${any(100)}`);
        const wanted = Array.from({ length: any(60) }, () => `id${any(120)}`);
        await redis.admin.del('list');
        if (list.length > 0) await redis.admin.rpush('list', ...list);
        const found = (await script.run(redis.admin, ['list'], wanted)) as Buffer[];

        const rest = [...list];
        const expected = wanted.filter((id) => {
          const at = rest.indexOf(id);
          if (at >= 0) rest.splice(at, 1);
          return at >= 0;
        });
        const seen = JSON.stringify({ list, wanted });
        expect(found.map(String).sort(), seen).to.deep.equal(expected.sort());
        const kept = await redis.admin.lrange('list', 0, -1);
        expect(kept.sort(), seen).to.deep.equal(rest.sort());
      }
    });

    it(`keeps the others in a ring in their order, from the ${oldest}`, async () => {
      const list = Array.from({ length: 2_500 }, (_, i) => `id${i}`);
      const wanted = new Set(list.filter((_, i) => i % 50 === 0 && i < 1_000));
      await redis.admin.del('list');
      await redis.admin.rpush('list', ...list);
      await script.run(redis.admin, ['list'], [...wanted]);
      const kept = await redis.admin.lrange('list', 0, -1);
      const first = kept.indexOf('id1');
      const turned = [...kept.slice(first), ...kept.slice(0, first)];
      expect(turned).to.deep.equal(list.filter((id) => !wanted.has(id)));
    });
  }
});
