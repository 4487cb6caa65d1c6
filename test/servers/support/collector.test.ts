import { expect } from 'chai';
import { type Collector, startCollector } from '../../support/servers/collector.js';
import { requireServer } from '../../support/servers/server.js';
import { silence } from '../../support/servers/silence.js';

describe('the Collector fixture', () => {
  let collector: Collector;
  before(async function () {
    collector = await requireServer(this, startCollector, { own: true });
  });
  after(() => collector?.stop());

  const send = async (signal: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${collector.url}/v1/${signal}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return answer.status;
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  const sum = (name: string) => ({
    name,
    sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [{ asDouble: 1 }] },
  });
  const metrics = (name: string) => ({
    resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 's' }, metrics: [sum(name)] }] }],
  });

  it('gives back the metrics and the logs it received', async () => {
    expect(await send('metrics', metrics('a'))).to.equal(200);
    const logRecords = [{ eventName: 'deploy', body: { stringValue: 'v2' } }];
    expect(
      await send('logs', {
        resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 's' }, logRecords }] }],
      }),
    ).to.equal(200);
    const [metric] = await until(() => collector.readMetrics(), 1);
    expect(metric).to.deep.include({ scope: 's', resource: resource.attributes });
    expect(metric?.metric).to.deep.include(sum('a'));
    const [log] = await until(() => collector.readLogs(), 1);
    expect(log?.record).to.deep.include({ eventName: 'deploy', body: { stringValue: 'v2' } });
  });

  it('keeps its files over kill -9', async () => {
    await collector.kill();
    await collector.start();
    await send('metrics', metrics('b'));
    const found = await until(() => collector.readMetrics(), 2);
    expect(found.map(({ metric }) => metric.name)).to.deep.equal(['a', 'b']);
  });

  it('answers nothing while it is frozen', async () => {
    collector.pause();
    const answer = send('metrics', metrics('c'));
    expect(await Promise.race([answer, silence(200)])).to.equal('silence');
    collector.resume();
    expect(await answer).to.equal(200);
  });
});

/** Files are written a moment after the answer. */
async function until<T>(read: () => Promise<T[]>, length: number): Promise<T[]> {
  for (;;) {
    const found = await read();
    if (found.length >= length) return found;
    await silence(20);
  }
}
