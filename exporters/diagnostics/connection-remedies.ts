const CHECK_PORT =
  'check that the port is this service, and that it wants TLS or not as the URL says';

/**
 * Codes of Node, of its resolver and of undici on an address that cannot be reached, and what to
 * do. Clients often hide the code.
 */
const ADDRESS: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'nothing listens there: start the server, or correct host and port'],
  [/ENOTFOUND/, "no such host: correct the host's name"],
  [/EAI_AGAIN/, "the name server does not answer: check the network and the host's name"],
  [/EHOSTUNREACH|ENETUNREACH|ENETDOWN/, 'no route leads there: check the address and the network'],
  [
    /ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|ConnectTimeoutError|Connect Timeout|no connection within|connect took longer|Server selection timed out|Could not connect to .*timed out/,
    'check address and firewall, that the port is this service, and that it wants TLS or not as the URL says; or raise connectTimeout',
  ],
];

/** The words of HTTP parsers, clients and files. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [
    /HPE_|Expected HTTP\/|Parse Error|does not match the HTTP/,
    'the answer is not HTTP: another service listens at this port, or it wants https',
  ],
  [
    /Unknown RESP type|Protocol error, got/,
    "the answer is not Redis's: another service listens at this port",
  ],
  [
    /exceeds maxFrameSize|Invalid frame|Unknown frame type|during handshake/,
    "the answer is not RabbitMQ's: another service listens at this port",
  ],
  [
    /ReqlDriverError: (?!Could not|Connection|First|Cannot)/,
    "the answer is not RethinkDB's: another service listens at this port",
  ],
  [
    /Client must be connected before|Connection closed \(by client\)|no living connections/,
    'the application has closed this client: close what records through it first, or give a client that stays open',
  ],
  // Clients of Redis and RethinkDB say this of both ends.
  [
    /Connection is closed/,
    `the connection has ended: an application that gave it must close what records through it first; otherwise ${CHECK_PORT}`,
  ],
  [
    /ECONNRESET|EPIPE|UND_ERR_SOCKET|other side closed|socket hang up|Socket closed abruptly|connection \S+ to \S+ closed/,
    `the other side ended the connection: ${CHECK_PORT}`,
  ],
  [
    /write took longer|no answer within/,
    'the server does not answer or is slow: check its log, or raise writeTimeout',
  ],
  // Elasticsearch's client.
  [/^Request timed out$/, 'the server does not answer or is slow: check its log'],
  [/ENOSPC/, 'the disk is full: free some space'],
  [/EROFS/, 'the file system is read-only: choose another place'],
];

/**
 * The remedy for an address that cannot be reached, by the words of the error; undefined where none
 * is known.
 */
export function addressRemedy(text: string): string | undefined {
  return ADDRESS.find(([pattern]) => pattern.test(text))?.[1];
}

/** The remedy for a failed connection, by the words of its error; undefined where none is known. */
export function connectionRemedy(text: string): string | undefined {
  return addressRemedy(text) ?? OTHERS.find(([pattern]) => pattern.test(text))?.[1];
}
