import type { ExporterOptions, ReportExporter } from '../../../exporters/report-exporter.js';
import { expectBalanced } from './expectations.js';
import {
  closeAtTheDeadline,
  downAndUp,
  fullOutbox,
  hostileValues,
  opentelemetry,
  partialRejection,
  redelivery,
  silent,
  storesOnce,
  wholeRejection,
} from './exporter-cases.js';
import type {
  BadReport,
  ExporterCase,
  ExporterHarness,
  ExporterSuite,
} from './exporter-harness.js';
import { openSuite, type Suite, type TestRunner } from './runner.js';

/**
 * Describes what every exporter must do, whatever its store is, as a suite of a test runner.
 * @param harness how the suite handles the store.
 * @param runner default: the global functions of mocha, jest, or vitest with `globals: true`.
 * @throws TypeError if there is no test runner.
 */
export function describeExporter(
  name: string,
  harness: ExporterHarness,
  runner?: TestRunner,
): void {
  openSuite(
    `${name} keeps the exporters' contract`,
    (suite) => {
      const given = withHooks(harness, suite);
      suite.test('stores each report once, whole and under its id', () => storesOnce(given));
      for (const { kind, title, needs = [], run } of casesOf(harness.bad ?? [])) {
        const reason = harness.skips?.[kind] ?? missingNeed(harness, needs);
        if (reason === undefined) suite.test(title, () => run(given));
        else suite.skip(title, reason);
      }
    },
    runner,
  );
}

/** Starts and stops the store around the cases, and closes the exporters that a case made. */
function withHooks(harness: ExporterHarness, suite: Suite): ExporterSuite {
  const made: ReportExporter[] = [];
  suite.before((context) => harness.start?.(context));
  suite.after(() => harness.stop?.());
  suite.beforeEach(() => harness.clear());
  suite.afterEach(async () => {
    await harness.up?.();
    for (const exporter of made.splice(0)) {
      expectBalanced(exporter.ledger());
      await exporter.shutdown({ timeout: 2_000 });
      expectBalanced(exporter.ledger());
    }
  });
  return {
    harness,
    make: async (options: ExporterOptions = {}) => {
      const exporter = await harness.make(options);
      made.push(exporter);
      return exporter;
    },
  };
}

type Need = 'down' | 'silent' | 'up';

interface Described {
  readonly kind: ExporterCase;
  readonly title: string;
  /** Methods of the harness, without which the case cannot be run. */
  readonly needs?: readonly Need[];
  run(suite: ExporterSuite): Promise<void>;
}

const casesOf = (bad: readonly BadReport[]): Described[] => [
  {
    kind: 'redelivery',
    title: 'stores a report once that is delivered twice',
    run: redelivery,
  },
  ...bad.flatMap(rejections),
  {
    kind: 'down and up',
    title: 'keeps what is recorded while the store is down, and stores it once it is up',
    needs: ['down', 'up'],
    run: downAndUp,
  },
  {
    kind: 'silent',
    title:
      'gives up on a store that takes requests and does not answer, and stores all once it does',
    needs: ['silent', 'up'],
    run: silent,
  },
  {
    kind: 'full outbox',
    title: 'drops the oldest when the outbox is full, and counts them',
    needs: ['down', 'up'],
    run: fullOutbox,
  },
  {
    kind: 'close at the deadline',
    title: 'closes in time while the store is silent, and counts what was lost',
    needs: ['silent', 'up'],
    run: closeAtTheDeadline,
  },
  {
    kind: 'hostile values',
    title: 'stores or rejects hostile values one by one',
    run: hostileValues,
  },
  {
    kind: 'opentelemetry',
    title: 'serves a metric reader and a log processor at once',
    run: opentelemetry,
  },
];

const rejections = (bad: BadReport): Described[] => [
  {
    kind: 'partial rejection',
    title: `rejects a bad report and stores its neighbours: ${bad.what}`,
    run: (suite) => partialRejection(suite, bad),
  },
  {
    kind: 'whole rejection',
    title: `rejects a batch that is bad as a whole: ${bad.what}`,
    run: (suite) => wholeRejection(suite, bad),
  },
];

function missingNeed(harness: ExporterHarness, needs: readonly Need[]): string | undefined {
  const absent = needs.filter((need) => harness[need] === undefined);
  return absent.length === 0 ? undefined : `the harness has no ${absent.join(' and ')}`;
}
