import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryFolder } from '../support/servers/process.js';
import { Example, post } from './example.js';
import { ROOT } from './project.js';

/** The applications of `examples/` that need no server, as a newcomer runs them. */
describe('the example', function () {
  this.timeout(120_000);
  let example: Example;
  afterEach(() => example.end());

  it('express stores its orders and its requests by route', async () => {
    example = await Example.install('express');
    const shop = example.start();
    const url = await shop.address();
    expect(await post(`${url}/orders`, { article: 'plum', amount: 3 })).to.equal(201);
    expect(await post(`${url}/orders`, { article: 'pear', amount: 1 })).to.equal(201);
    expect(await post(`${url}/orders`, { article: 'gold', amount: 1 })).to.equal(400);
    for (const name of ['plum', 'pear']) await (await fetch(`${url}/articles/${name}`)).text();
    expect(await shop.end()).to.equal(0);

    expect(example.total('orders', { article: 'plum' })).to.equal(3);
    expect(example.total('orders')).to.equal(4);
    expect(example.reports().filter(({ metric }) => metric === 'sale')).to.have.length(2);
    const route = (tags: Record<string, unknown>): number =>
      example.total('http.server.request.duration', tags);
    expect(route({ 'http.route': '/orders', 'http.response.status_code': 201 })).to.equal(2);
    expect(route({ 'http.route': '/orders', 'http.response.status_code': 400 })).to.equal(1);
    expect(route({ 'http.route': '/articles/:name' })).to.equal(2);
    expect(example.reports().map(({ name }) => name)).to.include('process.memory.usage');
    expect(await example.run('kaneda report metrics.log')).to.match(/orders/);
  });

  it('existing-opentelemetry stores the application’s own instruments beside those of Metrics', async () => {
    example = await Example.install('existing-opentelemetry');
    const shop = example.start();
    const url = await shop.address();
    await (await fetch(url)).text();
    for (const _ of [1, 2]) await post(url, {});
    expect(await shop.end()).to.equal(0);

    expect(example.total('visits', { path: '/' })).to.equal(3);
    expect(example.total('orders', { article: 'plum' })).to.equal(2);
    expect(example.total('http.server.request.duration')).to.equal(3);
    const events = example.reports().filter(({ name }) => name === 'ordered');
    expect(events.map(({ metric, value }) => [metric, value])).to.deep.equal([
      ['event', 'a plum'],
      ['event', 'a plum'],
    ]);
  });

  it('nest compiles against the built package', async () => {
    example = Example.empty('nest');
    cpSync(join(ROOT, 'examples/nest'), example.folder, {
      recursive: true,
      filter: (path) => !path.includes('node_modules'),
    });
    const packages = join(example.folder, 'node_modules');
    mkdirSync(packages);
    for (const name of ['@nestjs', '@opentelemetry', '@types', 'reflect-metadata', 'rxjs'])
      symlinkSync(join(ROOT, 'node_modules', name), join(packages, name));
    symlinkSync(ROOT, join(packages, 'kaneda-otel'));
    await example.run(`"${join(ROOT, 'node_modules/.bin/tsc')}" --noEmit`);
  });

  it('custom-store reads back what it stored, and passes the suite for stores', async () => {
    example = await Example.install('custom-store');
    const lines = (await example.run('npm start --silent')).trim().split('\n');
    expect(lines[0]).to.match(/^bake timing \d/);
    expect(lines.slice(1, 2)).to.deep.equal(['closed event for today ']);
    expect(lines.slice(2).sort()).to.deep.equal([
      "orders counter 1 { article: 'pear' }",
      "orders counter 2 { article: 'plum' }",
    ]);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const tests = await example.run('npm test --silent -- --test-reporter=tap', env);
    expect(tests).to.match(/^# fail 0$/m);
    expect(Number(/^# pass (\d+)$/m.exec(tests)?.[1])).to.be.at.least(6);
  });

  it('cluster-cantal adds up what its workers counted, one that was killed too', async () => {
    example = await Example.install('cluster-cantal');
    const cells = temporaryFolder('cells');
    const shop = example.start('start', { WORKERS: '2', CELLS: cells });
    const url = await shop.address();
    const order = async (): Promise<void> => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(20_000),
      });
      expect(await response.text()).to.equal('a cake\n');
    };
    for (let i = 0; i < 6; i++) await order();
    const shown = await example.run(`kaneda top ${cells} --once`);
    expect(shown.match(/shop\.orders/g)).to.have.length(2);
    process.kill(Number(/process (\d+) .*shop\.w2$/m.exec(shown)?.[1]), 'SIGKILL');
    // Its successor; what is handed to a dead worker in between is not answered.
    while (!(await example.run(`kaneda top ${cells} --once`)).includes('shop.w3'));
    for (let i = 0; i < 3; i++) await order();
    expect(await shop.end()).to.equal(0);
    expect(example.total('shop.orders')).to.equal(9);
    expect(example.total('http.requests')).to.equal(9);
    expect(example.total('work.baking.count')).to.equal(9);
  });
});
