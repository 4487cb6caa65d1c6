import { expect } from 'chai';
import { explain } from '../../../../exporters/diagnostics/explain.js';
import { permissionRemedy, readIfPermitted } from '../../../../exporters/problems/permissions.js';

const denied = (fields: object, message = 'Access to this API has been restricted') =>
  Object.assign(new Error(message), { code: 'ERR_ACCESS_DENIED', ...fields });

describe('a missing permission', () => {
  it("is named by Node's flag, with the place where it is one of the file system", () => {
    expect(permissionRemedy(denied({ permission: 'FileSystemWrite', resource: '/a' }))).to.equal(
      'start Node with --allow-fs-write=/a',
    );
    expect(permissionRemedy(denied({ permission: 'Net', resource: 'h:1' }))).to.equal(
      'start Node with --allow-net',
    );
    expect(
      permissionRemedy(Object.assign(new Error('x'), { code: 'ERR_DLOPEN_DISABLED' })),
    ).to.equal('start Node with --allow-addons');
  });

  it("is named by Deno's flag", () => {
    const error = new Error('Requires net access to "h:1", run again with the --allow-net flag');
    error.name = 'NotCapable';
    expect(permissionRemedy(error)).to.equal('start Deno with --allow-net');
  });

  it('is a fault of the configuration, also behind what a client throws', () => {
    const error = new Error('cannot connect', { cause: denied({ permission: 'Net' }) });
    expect(explain(error)).to.include({ code: 'KANEDA_IMPROPERLY_CONFIGURED' });
    expect((explain(error) as Error).message).to.contain('start Node with --allow-net');
  });

  it('is done without, and nothing else is', () => {
    const throws = (error: Error) => () => {
      throw error;
    };
    expect(readIfPermitted(throws(denied({ permission: 'FileSystemRead' })), 'instead')).to.equal(
      'instead',
    );
    expect(() => readIfPermitted(throws(new TypeError('ours')), 'instead')).to.throw(
      TypeError,
      'ours',
    );
  });
});
