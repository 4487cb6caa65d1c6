import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificates } from './certificates.js';

/** A server's TLS port, for one that has none of its own. */
export interface TlsFront {
  /** `127.0.0.1:port`. */
  readonly host: string;
  close(): Promise<void>;
}

/** Ends TLS before the server at this URL and hands on what comes. */
export async function startTlsFront(target: string, made: Certificates): Promise<TlsFront> {
  const { hostname, port } = new URL(target);
  const options = { cert: readFileSync(made.certificate), key: readFileSync(made.key) };
  const server = createServer(options, (inside) => {
    const outside = connect(Number(port), hostname);
    inside.on('error', () => outside.destroy());
    outside.on('error', () => inside.destroy());
    inside.pipe(outside).pipe(inside);
  });
  // Who does not speak TLS is hung up on.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as { port: number }).port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
