/** The system's and the HTTP parsers' words on a connection that failed, and what to look at. Clients often hide the code. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'nothing listens there: check host and port, and that the server runs'],
  [/ENOTFOUND|EAI_AGAIN/, 'the host name is not known: check host, or the DNS of this machine'],
  [/EHOSTUNREACH|ENETUNREACH|ENETDOWN/, 'no way leads there: check host and the network'],
  [
    /Expected HTTP\/|HPE_INVALID|Parse Error|does not match the HTTP|other side closed|socket hang up|ECONNRESET|UND_ERR_SOCKET/,
    'if it stays so, no HTTP server listens there, or it wants https: check port and scheme',
  ],
];

/** The remedy for a failed connection over HTTP, by the words of its error; undefined where none is known. */
export function connectionRemedy(text: string): string | undefined {
  return REMEDIES.find(([pattern]) => pattern.test(text))?.[1];
}
