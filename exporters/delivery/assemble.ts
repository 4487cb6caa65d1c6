import { Problems } from '../diagnostics/problems.js';
import { Deltas } from '../reports/cumulative-to-delta.js';
import { type Conversion, type Steps, withoutDistribution } from '../reports/report.js';
import { CUT_REMEDY, TextLimit } from '../reports/text-limit.js';
import type { Exported } from '../reports/to-reports.js';
import type { ExporterOptions, Setup } from '../setup/definition.js';
import type { Clock } from '../timing/clock.js';
import { Writer } from './batch-writer.js';
import { Callers } from './callers.js';
import { Delivery } from './delivery-loop.js';
import { Ease } from './ease.js';
import { Health } from './health.js';
import type { Converter, Intake } from './intake.js';
import { Counts } from './ledger.js';
import { LedgerObserver } from './ledger-metrics.js';
import { Notices } from './notices.js';
import { fateOf, openOutbox } from './outbox/open-outbox.js';
import type { Outbox } from './outbox/outbox.js';
import { Receiver } from './receiver.js';
import type { Store } from './store.js';

/**
 * The parts of an exporter: what is received becomes reports, which wait in the outbox until the
 * loop has written them.
 */
export interface Assembly {
  readonly name: string;
  readonly counts: Counts;
  readonly callers: Callers;
  readonly problems: Problems;
  readonly notices: Notices;
  readonly outbox: Outbox;
  readonly writer: Writer;
  readonly loop: Delivery;
  readonly receiver: Receiver;
  readonly intake: Intake;
  readonly ease: Ease;
  readonly observer: LedgerObserver;
  readonly texts: TextLimit;
  readonly clock: Clock;
  readonly secrets: () => readonly string[];
}

/** A store's own methods, and how its reports are made. */
export interface Methods extends Store {
  steps(data: Exported, conversion: Conversion): Steps;
}

let assembled = 0;

/**
 * Makes the parts of an exporter and joins them.
 * @param className the class's name, after which releases before 1.0 named an outbox's directory.
 * @throws ImproperlyConfiguredError if an outbox with a directory is asked for and LevelDB is not
 * installed.
 */
export function assemble(
  className: string,
  setup: Setup,
  options: ExporterOptions,
  methods: Methods,
): Assembly {
  const { name, clock, secrets } = setup;
  const messages = messagesOf(setup, options);
  const { problems, health, notices, texts } = messages;
  const counts = new Counts((reason, report) => notices.refused(reason, report));
  const callers = new Callers(clock);
  const wake = (): void => loop.wake();
  const goOn = (): void => {
    receiver.intake.goOn();
    ease.changed();
  };
  const outbox = openOutbox({ name, className }, options.outbox, {
    counts,
    problems,
    clock,
    wake,
    madeRoom: goOn,
  });
  const store = options.distributions === false ? withoutDistributions(methods) : methods;
  const writer = new Writer(
    store,
    { ...setup, problems, health },
    { connect: setup.connectTimeout, write: setup.writeTimeout },
  );
  const fate = fateOf(options.outbox);
  const limits = { count: setup.batchSize, bytes: setup.batchBytes };
  const loop: Delivery = new Delivery({
    outbox,
    writer,
    counts,
    clock,
    health,
    failed: goOn,
    fate,
    limits,
  });
  // With a full batch and more behind it, a store need not wait.
  const hasFew = (): boolean => outbox.waiting <= 2 * limits.count;
  const ease: Ease = new Ease(() => hasFew() || loop.isFailing, clock);
  const mustWait = (): boolean =>
    outbox.isSaving || (outbox.isHalfFull && outbox.waiting > 0 && !loop.isStuck);
  const receiver: Receiver = new Receiver(
    { name, counts, callers, notices, outbox, wake, mustWait },
    converterOf(methods, { appName: options.appName, texts, counts }),
  );
  const { intake } = receiver;
  const observer = new LedgerObserver(counts, { type: name, name: `${name}/${assembled++}` });
  const parts = { counts, callers, outbox, writer, loop, receiver, intake, ease, observer };
  return { name, clock, secrets, ...messages, ...parts };
}

/** The parts that tell the operator something. */
function messagesOf(setup: Setup, options: ExporterOptions) {
  const problems = new Problems({ ...setup, onProblem: options.onProblem });
  const health = new Health(problems, 'reports are stored again');
  const notices = new Notices(problems, health);
  const texts = new TextLimit(options.textLimit, (message) =>
    problems.tell('KANEDA_TEXT_CUT', message, { kind: 'cut', remedy: CUT_REMEDY }),
  );
  return { problems, health, notices, texts };
}

/** Makes reports by the store's own method; data that cannot become a report is counted. */
function converterOf(
  methods: Methods,
  { counts, ...of }: Pick<Conversion, 'appName' | 'texts'> & { readonly counts: Counts },
): Converter {
  const rejected: Conversion['rejected'] = (reason, kind) =>
    counts.rejectUnmade(kind === 'point' ? 'metric_data_point' : 'log', reason);
  const conversion: Conversion = { ...of, deltas: new Deltas(), rejected };
  return { rejected, steps: (data) => methods.steps(data, conversion) };
}

/** The store's methods; it is given reports that have no distribution. */
const withoutDistributions = (store: Store): Store => ({
  connect: (context) => store.connect(context),
  write: (reports, context) => store.write(reports.map(withoutDistribution), context),
});
