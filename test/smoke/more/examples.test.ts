import { expect } from 'chai';
import { Example, post, type Running } from '../example.js';

/** The applications of `examples/` with large frameworks, built and run as a newcomer does. */
describe('the example', function () {
  this.timeout(600_000);
  let example: Example;
  afterEach(() => example.end());

  it('nest compiles, and stores its orders, its requests by route and a method’s durations', async () => {
    example = await Example.install('nest');
    await example.run('npm run build');
    const shop = example.start();
    const url = await shop.address();
    expect(await post(`${url}/orders/plum`, { amount: 3 })).to.equal(201);
    expect(await post(`${url}/orders/gold`, { amount: 1 })).to.equal(404);
    await shop.end();

    expect(example.total('shop.orders', { article: 'plum' })).to.equal(3);
    expect(example.total('OrdersService.order')).to.equal(2);
    const route = (status: number): number =>
      example.total('http.server.request.duration', {
        'http.route': '/orders/:article',
        'http.response.status_code': status,
      });
    expect([route(201), route(404)]).to.deep.equal([1, 1]);
  });

  it('next compiles, and stores page views and orders of its bundles in one file', async () => {
    example = await Example.install('next');
    await example.run('npm run build', { NEXT_TELEMETRY_DISABLED: '1' });
    const shop = example.start('start', { NEXT_TELEMETRY_DISABLED: '1' });
    const url = await shop.address();
    await shop.printed(/Ready/);
    for (const _ of [1, 2]) expect(await (await fetch(url)).text()).to.include('Order a plum');
    expect(await post(`${url}/orders`, { article: 'plum', amount: 3 })).to.equal(201);
    await stored(example, 'orders', shop);
    await shop.end();

    expect(example.total('page.views', { page: 'home' })).to.equal(2);
    expect(example.total('orders', { article: 'plum' })).to.equal(3);
    expect(example.total('order.duration')).to.equal(1);
    expect(example.reports().filter(({ name }) => name === 'started')).to.have.length(1);
    expect(example.reports().map(({ name }) => name)).to.include('process.memory.usage');
  });
});

/** Waits for an interval to end. */
async function stored(example: Example, name: string, { output }: Running): Promise<void> {
  for (const end = Date.now() + 60_000; example.total(name) === 0; ) {
    if (Date.now() > end) throw new Error(`${name} was not stored within a minute:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
