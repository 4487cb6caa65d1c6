import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromApt, run } from './install.js';
import { temporaryFolder } from './process.js';

/** Files of PEM texts: an authority that nobody knows, and a server's certificate from it. */
export interface Certificates {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/**
 * New ones for a server on the loopback interface, good for two days.
 * @throws UnavailableError without openssl
 */
export async function makeCertificates(): Promise<Certificates> {
  const openssl = await fromApt('openssl', 'openssl', 'openssl');
  const folder = temporaryFolder('certificates');
  const at = (name: string) => join(folder, name);
  const [authority, certificate, key] = [at('authority.pem'), at('certificate.pem'), at('key.pem')];
  const key2048 = (file: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', file];
  await run(openssl, [
    'req',
    '-x509',
    ...key2048(at('authority.key')),
    '-out',
    authority,
    '-days',
    '2',
    '-subj',
    '/CN=kaneda tests',
  ]);
  await run(openssl, ['req', ...key2048(key), '-out', at('request'), '-subj', '/CN=localhost']);
  writeFileSync(at('extensions'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  const signer = [
    '-CA',
    authority,
    '-CAkey',
    at('authority.key'),
    '-CAcreateserial',
    '-extfile',
    at('extensions'),
  ];
  await run(openssl, [
    'x509',
    '-req',
    '-in',
    at('request'),
    '-out',
    certificate,
    '-days',
    '2',
    ...signer,
  ]);
  return { authority, certificate, key };
}
