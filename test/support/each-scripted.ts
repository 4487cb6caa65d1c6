import type {
  ExporterDefaults,
  ExporterOptions,
  ReportExporter,
} from '../../exporters/report-exporter.js';
import { expectBalanced } from '../conformance/suites/exporter.js';
import { releaseDiag } from './captured-diag.js';
import { TestClock } from './clock.js';
import { ScriptedExporter, ScriptedStore } from './scripted-exporter.js';

/** The exporters of a suite. */
export interface Scripted {
  /** Makes an exporter on the suite's clock and store. */
  make(options?: ExporterOptions, defaults?: ExporterDefaults): ScriptedExporter;
  /** Takes an exporter that a test made itself, to check its ledger too. */
  check<T extends ReportExporter>(exporter: T): T;
}

/**
 * Makes a clock and a store, new for each test of the suite, and checks in the end that the ledger
 * of every exporter adds up.
 */
export function eachScripted(
  use: (parts: { clock: TestClock; store: ScriptedStore }) => void,
): Scripted {
  const made: ReportExporter[] = [];
  let clock: TestClock;
  let store: ScriptedStore;
  beforeEach(() => {
    clock = new TestClock();
    store = new ScriptedStore();
    use({ clock, store });
  });
  afterEach(() => {
    releaseDiag();
    for (const exporter of made.splice(0)) expectBalanced(exporter.ledger());
  });
  const check: Scripted['check'] = (exporter) => {
    made.push(exporter);
    return exporter;
  };
  return {
    make: (options = {}, defaults = {}) =>
      check(new ScriptedExporter(store, options, { clock, ...defaults })),
    check,
  };
}
