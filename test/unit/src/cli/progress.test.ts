import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { Worker } from '../../../../exporters/queues/index.js';
import { Progress } from '../../../../src/cli/worker/progress.js';

describe('the progress of kaneda worker', function () {
  this.timeout(120_000);

  it('is printed every 5 seconds, although somebody sets the clock back', async () => {
    const worker = {
      ledger: () => ({
        accepted: 3,
        stored: 3,
        pending: 0,
        rejected: {},
        dropped: {},
        refused: {},
      }),
      fault: undefined,
    };
    const out = new PassThrough();
    const progress = await Progress.of(worker as unknown as Worker, out as never);
    const now = Date.now;
    const lines = (): Record<string, unknown>[] => {
      const text = String(out.read() ?? '').trimEnd();
      return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line));
    };
    try {
      progress.start();
      expect(lines()).to.have.lengthOf(1);
      Date.now = () => now() - 3_600_000;
      let printed = lines();
      for (let i = 0; printed.length === 0 && i < 150; i++) {
        await sleep(100);
        printed = lines();
      }
      expect(printed).to.have.lengthOf(1);
      expect(printed[0]).to.include({ state: 'working', stored: 3 });
    } finally {
      Date.now = now;
      progress.end();
    }
    expect(lines()[0]).to.include({ state: 'ended' });
  });
});
