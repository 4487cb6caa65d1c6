import { expect } from 'chai';
import * as bridges from '../../../../bridges/cells/errors.js';
import * as exporters from '../../../../exporters/errors.js';
import * as queues from '../../../../exporters/queues/errors.js';
import * as root from '../../../../src/index.js';

describe('the error classes', () => {
  it('are all at the root, each with a code of its own', () => {
    const classes = Object.entries({ ...bridges, ...exporters, ...queues }).filter(([name]) =>
      name.endsWith('Error'),
    );
    expect(classes).to.have.length.above(6);
    for (const [name, thrown] of classes) expect(Reflect.get(root, name), name).to.equal(thrown);
    const codes = [
      new root.SettingsError('here', []),
      new root.ImproperlyConfiguredError('x'),
      new root.MissingPackageError({ package: 'mongodb', range: '7', neededBy: 'It' }),
      new root.DeadlineError('x'),
      new root.RejectedError('x'),
      new root.SplitError('x'),
      new root.MessageError('x'),
    ].map(({ code, name }) => [name, code]);
    expect(codes).to.deep.equal([
      ['SettingsError', 'KANEDA_SETTINGS'],
      ['ImproperlyConfiguredError', 'KANEDA_IMPROPERLY_CONFIGURED'],
      ['ImproperlyConfiguredError', 'KANEDA_IMPROPERLY_CONFIGURED'],
      ['DeadlineError', 'KANEDA_DEADLINE'],
      ['RejectedError', 'KANEDA_REJECTED'],
      ['SplitError', 'KANEDA_TOO_LARGE'],
      ['MessageError', 'KANEDA_MESSAGE'],
    ]);
  });
});
