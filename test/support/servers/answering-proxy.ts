import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer of a gateway's own. */
export interface ProxyAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An HTTP gateway before a server. */
export interface AnsweringProxy {
  readonly url: string;
  /** The requests that were answered without the server: `PUT /_bulk`. */
  readonly refused: string[];
  /** Answers every request for which `which` holds by itself, until `open`. */
  answer(answer: ProxyAnswer, which?: (path: string) => boolean): void;
  /** Hands everything on again. */
  open(): void;
  close(): Promise<void>;
}

/** A gateway on a loopback port of its own for the server at this URL. */
export async function startAnsweringProxy(target: string): Promise<AnsweringProxy> {
  let own: { answer: ProxyAnswer; which: (path: string) => boolean } | undefined;
  const refused: string[] = [];
  const server = createServer((incoming, outgoing) => {
    if (own?.which(incoming.url ?? '') === true) {
      const { status, body = '', headers = { 'content-type': 'text/plain' } } = own.answer;
      refused.push(`${incoming.method} ${incoming.url}`);
      // Read to its end, as a gateway does.
      incoming.resume().once('end', () => outgoing.writeHead(status, headers).end(body));
      return;
    }
    const { method, headers } = incoming;
    const onward = request(new URL(incoming.url ?? '/', target), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.once('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    answer(answer, which = () => true) {
      own = { answer, which };
    },
    open() {
      own = undefined;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
