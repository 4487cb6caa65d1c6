import { expect } from 'chai';
import { explainTls } from '../../../../../exporters/diagnostics/tls-remedies.js';
import { ImproperlyConfiguredError } from '../../../../../exporters/errors.js';

const failure = (code: string, message: string) => Object.assign(new Error(message), { code });

describe('A connection that fails for TLS', () => {
  const remedies: [Error, string][] = [
    [
      failure('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain'),
      'NODE_EXTRA_CA_CERTS',
    ],
    [
      failure('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate'),
      'NODE_EXTRA_CA_CERTS',
    ],
    [new Error('could not connect: unable to get local issuer certificate'), 'NODE_EXTRA_CA_CERTS'],
    [failure('CERT_HAS_EXPIRED', 'certificate has expired'), 'renew'],
    [failure('CERT_NOT_YET_VALID', 'certificate is not yet valid'), 'system clock'],
    [
      failure('ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames"),
      'host name',
    ],
    [failure('ERR_SSL_WRONG_VERSION_NUMBER', 'wrong version number'), 'scheme'],
  ];

  it('is said with its remedy, however deep a client hides the reason', () => {
    for (const [error, remedy] of remedies) {
      for (const thrown of [
        error,
        new Error('cannot connect', { cause: new Error('socket', { cause: error }) }),
      ]) {
        const explained = explainTls(thrown) as Error;
        expect(explained).to.be.instanceOf(ImproperlyConfiguredError);
        expect(explained.message).to.include(error.message).and.to.include(remedy);
        expect(explained.cause).to.equal(thrown);
      }
    }
  });

  it('is not what any other failure becomes', () => {
    const known = new ImproperlyConfiguredError('explained already', { cause: remedies[0]![0] });
    const ring = new Error('a');
    ring.cause = ring;
    for (const error of [
      failure('ECONNREFUSED', 'connect ECONNREFUSED'),
      known,
      ring,
      undefined,
      'text',
    ]) {
      expect(explainTls(error)).to.equal(error);
    }
  });
});
