import * as broker from './broker-cases.js';
import * as cases from './queue-cases.js';
import type { QueueHarness } from './queue-harness.js';
import { QueueSuite } from './queue-suite.js';
import { openSuite, type TestRunner } from './runner.js';

/**
 * Describes what every queue must do, whatever its broker is, as a suite of a test runner.
 * @param harness how the suite handles the queue.
 * @param runner default: the global functions of mocha, jest, or vitest with `globals: true`.
 * @throws TypeError if there is no test runner.
 */
export function describeQueue(name: string, harness: QueueHarness, runner?: TestRunner): void {
  openSuite(
    `${name} keeps the queues' contract`,
    (suite) => {
      const given = new QueueSuite(harness);
      suite.before((context) => harness.start?.(context));
      suite.after(() => harness.stop?.());
      suite.beforeEach(() => harness.clear());
      suite.afterEach(() => given.end());
      for (const { title, needs, run } of CASES) {
        if (needs === undefined || needs in harness) suite.test(title, () => run(given));
        else suite.skip(title, `the harness has no ${needs}`);
      }
    },
    runner,
  );
}

interface Described {
  readonly title: string;
  /** The member of the harness without which the case cannot be run. */
  readonly needs?: keyof QueueHarness;
  run(suite: QueueSuite): Promise<void>;
}

const CASES: readonly Described[] = [
  {
    title: 'brings reports to a worker whole: id, time, host, fields',
    run: cases.bringsReportsWhole,
  },
  {
    title: 'leaves nothing behind of what is done',
    needs: 'leftovers',
    run: cases.leavesNothingBehind,
  },
  { title: 'delivers again what was given back', run: cases.deliversAgain },
  { title: 'gives back what a closed queue still held', run: cases.givesBackWhatItHeld },
  {
    title: 'puts what the store refuses to the dead letters, with the reason, and goes on',
    run: cases.keepsDeadLetters,
  },
  {
    title: 'refuses a job that is not a report, with the reason, and goes on',
    needs: 'poison',
    run: cases.refusesWhatIsNoReport,
  },
  { title: 'is shared by several workers, each report stored by one', run: cases.isShared },
  { title: 'keeps what the store does not take until it does', run: cases.waitsForTheStore },
  {
    title: 'ends while the store never answers, the reports back in the queue',
    run: cases.endsWhileTheStoreIsSilent,
  },
  { title: 'stores what is in hand before it ends', run: cases.storesWhatIsInHand },
  { title: 'stores once what was enqueued twice', run: cases.storesOnce },
  {
    title: 'uses a given connection as it is, and leaves it open',
    needs: 'onConnection',
    run: cases.leavesAConnectionOpen,
  },
  {
    title: 'keeps reports while the broker is away, and brings all of them afterwards',
    needs: 'server',
    run: broker.keepsReportsMeanwhile,
  },
  {
    title: 'survives a broker that stays silent, without sending more and more',
    needs: 'server',
    run: broker.survivesSilence,
  },
  ...(['killed', 'frozen'] as const).map(
    (how): Described => ({
      title: `holds no more than its outbox may while the broker is ${how}, counts the rest, and brings what it holds`,
      needs: 'server',
      run: (suite) => broker.holdsNoMoreThanItsOutbox(suite, how),
    }),
  ),
  {
    title:
      'waits for a broker that goes away under a worker, and goes on once it is back, also while the queue is empty',
    needs: 'server',
    run: broker.waitsForTheBroker,
  },
  {
    title: 'names wrong credentials as such, and shows no password',
    needs: 'locked',
    run: broker.namesWrongCredentials,
  },
];
