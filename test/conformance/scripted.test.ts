import { RejectedError } from '../../exporters/errors.js';
import { ScriptedExporter, ScriptedStore } from '../support/scripted-exporter.js';
import { describeExporter, type ExporterHarness } from './suites/exporter.js';

function harness(prepare: (store: ScriptedStore) => void = () => {}): ExporterHarness {
  let store = new ScriptedStore();
  return {
    clear: async () => {
      store = new ScriptedStore();
      prepare(store);
    },
    make: (options) => new ScriptedExporter(store, options),
    stored: async () => [...store.reports.values()],
    down: async () => {
      store.state = 'down';
    },
    silent: async () => {
      store.state = 'silent';
    },
    up: async () => {
      store.state = 'up';
    },
    bad: [{ what: 'a value it knows to be bad', spoil: (report) => ({ ...report, value: 'bad' }) }],
  };
}

describeExporter('A store that answers for each report', harness());

describeExporter('A store that refuses whole batches', {
  ...harness((store) => {
    const keep = store.keep.bind(store);
    store.keep = (reports) => {
      if (reports.some(({ value }) => value === 'bad'))
        throw new RejectedError('the batch has a bad value');
      return keep(reports);
    };
  }),
});
