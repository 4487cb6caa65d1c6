/** Listens, prints its port and never accepts: once its few places are taken, connecting to it is neither refused nor done. */

import { writeSync } from 'node:fs';
import { createServer } from 'node:net';

const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  const { port } = server.address() as { port: number };
  writeSync(1, `${port}\n`);
  // Nothing is accepted while the event loop stands still.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
