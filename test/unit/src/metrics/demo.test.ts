import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { summarize, totals } from '../../../../src/cli/demo/summary.js';
import { table } from '../../../../src/cli/text/table.js';

const main = fileURLToPath(new URL('../../../../src/cli/main.ts', import.meta.url));
const kaneda = (...args: string[]): Promise<{ stdout: string; stderr: string }> => {
  const { FORCE_COLOR, KANEDA_DEMO_ELASTIC_URL, OTEL_EXPORTER_OTLP_ENDPOINT, ...env } = process.env;
  return promisify(execFile)(process.execPath, ['--import=tsx', main, ...args], {
    env: { ...env, NO_COLOR: '1' },
  });
};

describe('kaneda demo', () => {
  it('stores what its clients saw, says where, and balances', async () => {
    const { stdout } = await kaneda('demo', '--seconds', '0.5');
    const file = /stored in {2}(.*)$/m.exec(stdout)![1]!;
    try {
      const summary = summarize(await readFile(file, 'utf8'));
      const { requests, errors } = totals(summary);
      expect(requests).to.be.above(0);
      expect([summary.events, errors]).to.deep.equal([errors, summary.events]);
      expect(stdout).to.match(new RegExp(`^requests +${requests}$`, 'm'));
      expect(stdout).to.match(
        /^ledger {2}accepted (\d+) · stored \1 · pending 0 · rejected 0 · dropped 0 · refused 0$/m,
      );
      expect(stdout).to.match(/^\/products\/:name +200 +\d+ +[\d.]+ +[\d.]+ +[\d.]+$/m);
      expect(stdout).to.not.include('\u001b');
      const command = /npx -p kaneda-otel kaneda (report .*)$/m.exec(stdout)![1]!;
      expect(stdout).to.include(`npx -p kaneda-otel kaneda board ${file}`);
      const report = await kaneda(...command.split(' '), '--json');
      const rows = JSON.parse(report.stdout) as { name: string; count: number }[];
      const counts = rows.filter(({ name }) => name === 'shop.requests').map(({ count }) => count);
      expect(counts.reduce((sum, count) => sum + count)).to.equal(requests);
    } finally {
      await rm(dirname(file), { recursive: true });
    }
  });

  it('fails clearly for a length of time that is none', async () => {
    for (const wrong of ['x', '0', '61']) {
      const error = await kaneda('demo', '--seconds', wrong).then(
        () => undefined,
        (failed: { code: number; stderr: string }) => failed,
      );
      expect(error?.code).to.equal(1);
      expect(error?.stderr).to.include('above 0 and at most 60');
    }
  });

  it('adds up counters of several intervals by route and status', () => {
    const line = (name: string, rest: object): string =>
      JSON.stringify({ name, metric: 'counter', ...rest });
    const text = [
      line('shop.requests', { value: 2, tags: { route: '/', status: 200 } }),
      line('shop.requests', { value: 3, tags: { route: '/', status: 200 } }),
      line('shop.requests', { value: 1, tags: { route: '/', status: 500 } }),
      line('shop.duration', {
        metric: 'timing',
        p50: 0.1,
        p95: 0.2,
        p99: 0.3,
        tags: { route: '/' },
      }),
      line('shop.order', { metric: 'order', tags: ['paid'] }),
      line('shop.order.failed', {
        metric: 'event',
        value: 'refused',
        tags: { route: '/orders/:name' },
      }),
    ].join('\n');
    const summary = summarize(`${text}\n`);
    const statuses = new Map([
      [200, 5],
      [500, 1],
    ]);
    expect(summary.routes).to.deep.equal([{ route: '/', statuses, p50: 0.1, p95: 0.2, p99: 0.3 }]);
    expect(summary).to.include({ events: 1, customs: 1, example: 'refused' });
    expect(totals(summary)).to.deep.equal({ requests: 6, errors: 1 });
  });

  it('aligns a table by what is seen of its cells', () => {
    const rows = [
      ['a', '1', 'x'],
      ['\u001b[1mlong\u001b[22m', '100'],
      ['', '20', 'yy'],
    ];
    expect(table(rows)).to.deep.equal([
      'a       1   x',
      '\u001b[1mlong\u001b[22m  100',
      '       20  yy',
    ]);
  });
});
