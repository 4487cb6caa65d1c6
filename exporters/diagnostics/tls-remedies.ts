import { isOwnError } from '../error-code.js';
import { ImproperlyConfiguredError } from '../errors.js';

/**
 * Codes of Node's errors (https://nodejs.org/api/tls.html#x509-certificate-error-codes), and
 * OpenSSL's texts where a client hides the code.
 */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /SELF_SIGNED_CERT|UNABLE_TO_(VERIFY_LEAF|GET_ISSUER)|CERT_UNTRUSTED|self-signed certificate|unable to (verify|get)[^,]* certificate/,
    'start Node with NODE_EXTRA_CA_CERTS=<file with the certificate of the authority that signed it>, ' +
      'or pass a client of your own that knows it',
  ],
  [/CERT_HAS_EXPIRED|certificate has expired/, "renew the server's certificate"],
  [
    /CERT_NOT_YET_VALID|certificate is not yet valid/,
    'check the system clock on this machine and on the server',
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate's altnames/,
    'connect by a host name that the certificate has',
  ],
  [
    /ERR_SSL_WRONG_VERSION_NUMBER|SSL routines:.*wrong version/,
    "the server does not speak TLS at this port: correct the port, or the URL's scheme",
  ],
];

/**
 * The error to throw when a connection failed: one that names the remedy where TLS is the reason,
 * else the error itself.
 */
export function explainTls(error: unknown): unknown {
  if (isOwnError(error, 'KANEDA_IMPROPERLY_CONFIGURED')) return error;
  // Clients wrap what the socket says.
  for (
    let cause = error, depth = 0;
    cause instanceof Error && depth < 8;
    cause = cause.cause, depth++
  ) {
    const text = `${(cause as { code?: unknown }).code} ${cause.message}`;
    const remedy = REMEDIES.find(([pattern]) => pattern.test(text))?.[1];
    if (remedy !== undefined)
      return new ImproperlyConfiguredError(`TLS: ${oneLine(cause.message)}: ${remedy}`, {
        cause: error,
      });
  }
  return error;
}

/** Without the line break, and the place in its source, that OpenSSL ends with. */
const oneLine = (text: string): string =>
  text
    .replace(/(?::\.\.)?\/\S*\.c:\d+:\s*$/, '')
    .replace(/\s+/g, ' ')
    .trim();
