/** The system's words on an address that cannot be reached, and what to look at. Clients often hide the code. */
const ADDRESS: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'nothing listens there: check host and port, and that the server runs'],
  [/ENOTFOUND|EAI_AGAIN/, 'the host name is not known: check host, or the DNS of this machine'],
  [/EHOSTUNREACH|ENETUNREACH|ENETDOWN/, 'no way leads there: check host and the network'],
];

/** The words of HTTP parsers and clients on a server of another kind. */
const HTTP: readonly (readonly [RegExp, string])[] = [
  [
    /Expected HTTP\/|HPE_INVALID|Parse Error|does not match the HTTP|other side closed|socket hang up|ECONNRESET|UND_ERR_SOCKET/,
    'if it stays so, no HTTP server listens there, or it wants https: check port and scheme',
  ],
];

/** The remedy for an address that cannot be reached, by the words of the error; undefined where none is known. */
export function addressRemedy(text: string): string | undefined {
  return ADDRESS.find(([pattern]) => pattern.test(text))?.[1];
}

/** The remedy for a failed connection over HTTP, by the words of its error; undefined where none is known. */
export function connectionRemedy(text: string): string | undefined {
  return addressRemedy(text) ?? HTTP.find(([pattern]) => pattern.test(text))?.[1];
}
