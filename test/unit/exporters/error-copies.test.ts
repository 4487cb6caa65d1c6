import { expect } from 'chai';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { type JobSteps, readDeliveries } from '../../../exporters/queues/consuming/read-jobs.js';
import { plainReports } from '../../conformance/suites/exporter.js';
import { ScriptedExporter } from '../../support/scripted-exporter.js';
import { until } from '../../support/until.js';

type Errors = typeof import('../../../exporters/errors.js');
type QueueErrors = typeof import('../../../exporters/queues/errors.js');

/** A module that is loaded a second time, as from a second copy of the package in one tree. */
const secondCopy = (path: string): Promise<unknown> =>
  import(`../../../exporters/${path}.ts?copy=2`);

describe('errors of a second copy of the package', () => {
  it('are other classes with the same codes', async () => {
    const other = (await secondCopy('errors')) as Errors;
    const own = await import('../../../exporters/errors.js');
    const error = new other.RejectedError('too old');
    expect(error).to.not.be.instanceOf(own.RejectedError);
    expect(error).to.have.property('code', 'KANEDA_REJECTED');
  });

  it('reject a report for good, as those of the first copy', async () => {
    const { RejectedError } = (await secondCopy('errors')) as Errors;
    const exporter = new ScriptedExporter();
    exporter.store.answer = async () => {
      throw new RejectedError('too old');
    };
    exporter[INTERNALS].accept(plainReports(1));
    await exporter.forceFlush({ timeout: 5_000 });
    expect(exporter.ledger()).to.deep.include({ pending: 0, rejected: { 'too old': 1 } });
    await exporter.shutdown();
  });

  it('are told as a wrong set-up, as those of the first copy', async () => {
    const { ImproperlyConfiguredError } = (await secondCopy('errors')) as Errors;
    const problems: string[] = [];
    const exporter = new ScriptedExporter(undefined, {
      onProblem: ({ code }) => problems.push(code),
    });
    exporter.store.answer = async () => {
      throw new ImproperlyConfiguredError('no such index');
    };
    exporter[INTERNALS].accept(plainReports(1));
    await until(() => problems.length > 0);
    expect(problems).to.deep.equal(['KANEDA_IMPROPERLY_CONFIGURED']);
    await exporter.shutdown({ timeout: 100 });
  });

  it('send a job to the dead letters, as those of the first copy', async () => {
    const { MessageError } = (await secondCopy('queues/errors')) as QueueErrors;
    const dead: string[] = [];
    const never = () => expect.fail('the job has no report');
    const steps: JobSteps<string> = {
      read: () => {
        throw new MessageError('not a report');
      },
      keyOf: (job) => job,
      acknowledge: never,
      giveBack: never,
      deadLetter: async (job, reason) => void dead.push(`${job}: ${reason}`),
    };
    const deliveries = await readDeliveries(['bad'], steps, undefined);
    expect(deliveries).to.deep.equal([]);
    expect(dead).to.deep.equal(['bad: not a report']);
  });
});
