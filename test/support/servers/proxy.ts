import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy before a server, to break the way to it without touching the server. */
export interface TcpProxy {
  /** The server's URL, by way of the proxy. */
  readonly url: string;
  /** Cuts every connection in the middle of what it does, and refuses new ones until `resume`. */
  cut(): void;
  /** Cuts every connection once, when this many more bytes have gone to the server; new ones are accepted. */
  cutAfter(bytes: number): void;
  /** Cuts every connection once, instead of handing on an answer of at least so many bytes. */
  loseAnswerOf(bytes: number): void;
  /** Takes what comes and hands nothing on, either way, until `resume`. */
  hold(): void;
  /** Ends `cut` and `hold`; what was held is handed on. */
  resume(): void;
  close(): Promise<void>;
}

/** A proxy on a loopback port of its own for the server at this URL, which needs a port. */
export async function startProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let state: 'open' | 'cut' | 'held' = 'open';
  let left = Number.POSITIVE_INFINITY;
  let lost = Number.POSITIVE_INFINITY;
  const destroy = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const server = createServer((inside) => {
    if (state === 'cut') {
      inside.resetAndDestroy();
      return;
    }
    const outside = connect(Number(port), hostname);
    join(inside, outside, {
      asked: (bytes) => {
        left -= bytes;
        if (left > 0) return;
        left = Number.POSITIVE_INFINITY;
        destroy();
      },
      isLost: (bytes) => {
        if (bytes < lost) return false;
        lost = Number.POSITIVE_INFINITY;
        destroy();
        return true;
      },
    });
    for (const socket of [inside, outside]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      if (state === 'held') socket.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.port = String((server.address() as { port: number }).port);
  url.hostname = '127.0.0.1';
  return {
    url: url.href.replace(/\/$/, ''),
    cut() {
      state = 'cut';
      destroy();
    },
    cutAfter(bytes) {
      left = bytes;
    },
    loseAnswerOf(bytes) {
      lost = bytes;
    },
    hold() {
      state = 'held';
      for (const socket of sockets) socket.pause();
    },
    resume() {
      state = 'open';
      for (const socket of sockets) socket.resume();
    },
    close() {
      destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Told of what passes; an answer that is lost is not handed on. */
interface Watch {
  asked(bytes: number): void;
  isLost(bytes: number): boolean;
}

function join(inside: Socket, outside: Socket, watch: Watch): void {
  inside.on('data', (chunk) => {
    outside.write(chunk);
    watch.asked(chunk.length);
  });
  outside.on('data', (chunk) => {
    if (!watch.isLost(chunk.length)) inside.write(chunk);
  });
  for (const [one, other] of [
    [inside, outside],
    [outside, inside],
  ] as const) {
    // A broken connection is what this is for.
    one.on('error', () => {});
    one.once('close', () => other.destroy());
  }
}
