import { expect } from 'chai';
import { HeapCells } from '../../../../bridges/cells/heap-cells.js';
import { Metrics, type MetricsOptions, SettingsError } from '../../../../src/index.js';
import { MemoryStore } from './support.js';

const provider = { getMeter: () => undefined, getLogger: () => undefined };

function faultsOf(options: unknown): string[] {
  try {
    new Metrics(options as MetricsOptions);
  } catch (error) {
    expect(error).to.be.instanceOf(SettingsError);
    expect((error as SettingsError).code).to.equal('KANEDA_SETTINGS');
    for (const { reason, remedy } of (error as SettingsError).faults)
      expect([reason, remedy]).to.not.include('');
    return (error as SettingsError).faults.map(({ path }) => path);
  }
  return [];
}

describe('Metrics: options', () => {
  it('takes what API and sense allow, and options that are undefined', () => {
    const backend = new MemoryStore();
    const cells = new HeapCells();
    for (const options of [
      {},
      { backend },
      { backend: [backend, new MemoryStore()], mode: 'individual' },
      { backend, cells, tagLimit: 1, forgetAfter: 0.5, exportInterval: 1 },
      { meterProvider: provider, loggerProvider: provider },
      { backend, queue: undefined, meterProvider: undefined },
    ]) {
      expect(faultsOf(options)).to.deep.equal([]);
    }
  });

  it("refuses an interval that is no timer's, which would be one millisecond, and limits that are no counts", () => {
    const backend = new MemoryStore();
    for (const exportInterval of [2_147_483_648, 0.001, 0, -1, Number.NaN, Infinity, 1e300, '10'])
      expect(faultsOf({ backend, exportInterval }), String(exportInterval)).to.deep.equal([
        'exportInterval',
      ]);
    expect(faultsOf({ backend, exportInterval: 2_147_483_647 })).to.deep.equal([]);
    for (const limit of ['tagLimit', 'listLimit', 'nameLimit', 'textLimit'])
      for (const value of [0, -1, 0.5, Number.NaN, Infinity, '1'])
        expect(faultsOf({ backend, [limit]: value }), `${limit} ${value}`).to.deep.equal([limit]);
    for (const forgetAfter of [0, -1, Number.NaN, '1'])
      expect(faultsOf({ backend, forgetAfter }), String(forgetAfter)).to.deep.equal([
        'forgetAfter',
      ]);
  });

  it('names all faults at once', () => {
    const options = {
      backend: {},
      exportIntervall: 5,
      exportInterval: 0,
      mode: 'both',
      cells: [],
      tagLimit: 1.5,
      forgetAfter: -1,
      loggerProvider: null,
    };
    expect(faultsOf(options)).to.have.members([...Object.keys(options), 'loggerProvider']);
  });

  it('suggests the name that was meant', () => {
    expect(() => new Metrics({ backends: [] } as MetricsOptions)).to.throw(
      SettingsError,
      /did you mean backend\?$/,
    );
  });

  it('wants one way out, a meterProvider beside a loggerProvider, and a store for single reports', () => {
    const backend = new MemoryStore();
    expect(faultsOf({ backend, meterProvider: provider })).to.deep.equal([
      'backend, meterProvider',
    ]);
    expect(faultsOf({ backend, loggerProvider: provider })).to.deep.equal(['loggerProvider']);
    expect(faultsOf({ loggerProvider: provider })).to.deep.equal(['loggerProvider']);
    expect(faultsOf({ meterProvider: provider, mode: 'individual' })).to.deep.equal(['mode']);
    expect(faultsOf({ mode: 'individual' })).to.deep.equal(['mode']);
  });

  it('refuses what is no list of exporters, and timers that no timer can hold', () => {
    for (const backend of [[], [null], 'elasticsearch', () => 1])
      expect(faultsOf({ backend })).to.deep.equal(['backend']);
    for (const exportInterval of [2 ** 31, Number.NaN, '5']) {
      expect(faultsOf({ backend: new MemoryStore(), exportInterval })).to.deep.equal([
        'exportInterval',
      ]);
    }
    for (const options of [null, 5, 'x', []]) expect(faultsOf(options)).to.deep.equal(['options']);
  });
});
