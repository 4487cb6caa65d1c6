import { describeQueue } from '../../../src/testing/suites/describe-queue.js';
import type { BrokerControl, QueueHarness } from '../../../src/testing/suites/queue-harness.js';

export { someReports } from '../../../src/testing/suites/reports.js';

/** A queue on a real broker, every member of the harness given. */
export type QueueUnderTest = Required<Omit<QueueHarness, 'start' | 'stop' | 'server'>> & {
  readonly server: BrokerControl;
};

/** What every queue must do. `context` is asked in each test, when the hooks have run. */
export function queueConformance(context: () => QueueUnderTest): void {
  describeQueue('It', {
    clear: () => context().clear(),
    queue: (options) => context().queue(options),
    waiting: () => context().waiting(),
    dead: () => context().dead(),
    poison: () => context().poison(),
    leftovers: () => context().leftovers(),
    onConnection: () => context().onConnection(),
    locked: () => context().locked(),
    get server() {
      return context().server;
    },
  });
}
