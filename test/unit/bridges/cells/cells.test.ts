import { DiagLogLevel, diag } from '@opentelemetry/api';
import { expect } from 'chai';
import { HeapCells } from '../../../../bridges/cells/heap-cells.js';
import { CounterCell } from '../../../../bridges/cells/single/counter-cell.js';
import { FloatCell } from '../../../../bridges/cells/single/float-cell.js';
import { StateCell } from '../../../../bridges/cells/single/state-cell.js';
import { collectGarbage } from '../../../support/collect-garbage.js';

/** What is said through `diag` meanwhile. */
function said(work: () => void): string[] {
  const lines: string[] = [];
  const say = (line: string): void => {
    lines.push(line);
  };
  const logger = { error: say, warn: say, info: say, debug: say, verbose: say };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  try {
    work();
  } finally {
    diag.disable();
  }
  return lines;
}

describe('cells', () => {
  it('takes dimensions that are a record of strings, and says what to do about others', () => {
    expect(() => new CounterCell({ port: 80 } as never)).to.throw(
      TypeError,
      /"port" is number 80.*String\(value\)/,
    );
    for (const wrong of [null, undefined, 'x', ['x'], 5])
      expect(() => new CounterCell(wrong as never)).to.throw(TypeError, /record of strings/);
  });

  it('keeps a frozen, well-formed copy of its dimensions', () => {
    const given = { metric: 'a\ud800', ['__proto__']: 'p' };
    const { dimensions } = new CounterCell(given);
    given.metric = 'changed';
    expect(Object.entries(dimensions)).to.deep.equal([
      ['metric', 'a\ufffd'],
      ['__proto__', 'p'],
    ]);
    expect(Object.isFrozen(dimensions)).to.equal(true);
  });

  it('takes sizes of states from 1 to 65,527', () => {
    for (const size of [0, -1, 1.5, 65_528, Number.NaN, '5']) {
      expect(() => new StateCell({ state: 's' }, { size: size as number })).to.throw(
        RangeError,
        /65,527/,
      );
    }
    const largest = new StateCell({ state: 's' }, { size: 65_527 });
    largest.enter('x'.repeat(70_000));
    expect([largest.bytes, largest.get()?.text.length]).to.deep.equal([65_535, 65_527]);
    expect(new StateCell({ state: 's' }, { size: undefined }).size).to.equal(56);
  });

  it('says once for each cell that a value was dropped', () => {
    const lines = said(() => {
      const [counter, float] = [new CounterCell({ metric: 'c' }), new FloatCell({ metric: 'f' })];
      for (const bad of [-1, 0.5, -5n]) counter.incr(bad);
      float.set(Number.NaN);
      float.incr(Number.NaN);
    });
    expect(lines.length).to.equal(2);
    expect(lines[0]).to.match(
      /counter \{"metric":"c"\} takes whole numbers of 0 or more; number -1 was dropped/,
    );
  });

  it('says once that a tag folds, naming it, its metric and the remedy', () => {
    const lines = said(() => {
      const sums = new HeapCells().family('sum', 'views', { tagLimit: 2 });
      for (let id = 0; id < 10; id++) sums.add({ id, page: 'home' }, 1);
    });
    expect(lines.length).to.equal(1);
    expect(lines[0]).to.match(/"id" of "views" has more than 2 values.*__other__.*tagLimit/);
  });

  it('says once that tags could not be read', () => {
    const lines = said(() => {
      const sums = new HeapCells().family('sum', 'n');
      const hostile = {
        get a(): string {
          throw new Error('no');
        },
      };
      for (let i = 0; i < 3; i++) expect(sums.add(hostile, 1)).to.equal(false);
    });
    expect(lines.length).to.equal(1);
  });

  it('does not keep alive what its tags were cut out of', () => {
    const sums = new HeapCells().family('sum', 'n');
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 50; i++) {
      const request = `GET /a/path/that/is/long/enough/${i} ${'x'.repeat(1_000_000)}`;
      sums.add({ path: request.slice(4, 36) + i }, 1);
      sums.add([Buffer.from(request).toString('latin1').slice(4, 36)], 1);
      sums.add({ cut: Buffer.from(request).toString('latin1').slice(4, 40) }, 1);
    }
    collectGarbage();
    expect(process.memoryUsage().heapUsed - before).to.be.below(20_000_000);
  });
});
