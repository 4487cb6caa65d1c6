import { expect } from 'chai';
import { classifyFailure } from '../../../../exporters/stores/logger/outcomes.js';

const failed = (code: string) => Object.assign(new Error(`${code}: it failed, write`), { code });
const classified = (code: string) =>
  classifyFailure('a.log', failed(code)) as Error & { code: string; remedy?: string };

describe('A log file that the system does not write', () => {
  for (const code of ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EROFS'])
    it(`is a configuration fault with its remedy: ${code}`, () => {
      const { message, remedy, code: own } = classified(code);
      expect(own).to.equal('KANEDA_IMPROPERLY_CONFIGURED');
      expect(message)
        .to.match(/^cannot write a\.log: /)
        .and.include(`: ${remedy}`);
    });

  for (const code of ['ENXIO', 'EPIPE', 'EBADF', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EMFILE', 'ENFILE'])
    it(`is written later, and the remedy said: ${code}`, () => {
      const { message, remedy, code: own } = classified(code);
      expect(own).to.equal(code);
      expect(message)
        .to.match(/^cannot write a\.log: /)
        .and.include(`: ${remedy}`);
    });

  it('is named where no remedy is known', () => {
    const { message, code, remedy } = classified('EIO');
    expect({ message, code, remedy }).to.deep.equal({
      message: 'cannot write a.log: EIO: it failed, write',
      code: 'EIO',
      remedy: undefined,
    });
  });

  for (const [denied, remedy] of [
    [
      { code: 'ERR_ACCESS_DENIED', permission: 'FileSystemWrite', resource: '/a.log' },
      'start Node with --allow-fs-write=/a.log',
    ],
    [{ name: 'NotCapable', message: 'needs --allow-write' }, 'start Deno with --allow-write'],
  ] as const)
    it(`names the flag of a missing permission: ${remedy}`, () => {
      const error = classifyFailure('a.log', Object.assign(new Error('denied'), denied));
      expect(error).to.include({ code: 'KANEDA_IMPROPERLY_CONFIGURED', remedy });
      expect((error as Error).message)
        .to.match(/^cannot write a\.log: /)
        .and.include(remedy);
    });

  it('leaves an abort as it is', () => {
    const { reason } = AbortSignal.abort();
    expect(classifyFailure('a.log', reason)).to.equal(reason);
  });
});
