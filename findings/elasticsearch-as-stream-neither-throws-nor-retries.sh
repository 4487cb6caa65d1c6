#!/usr/bin/env bash
# @elastic/elasticsearch 9.5.1 and 8.19.2 with the request option `asStream: true`: the client hands out whatever comes, with nothing of what
# it does for other requests. An answer 404 resolves, its error being the body (else: ResponseError); an answer 503 resolves at the first try,
# though `maxRetries` is 3 (else: four requests, then ResponseError); a body with `content-encoding: gzip` comes compressed (else: decompressed).
# A program that uses the option must check the status, try again and decompress on its own. The client's documentation says only that
# the body is a stream.
# Shown: a server on this machine that answers as Elasticsearch would, and one search for each case with and without the option.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund eight@npm:@elastic/elasticsearch@8.19.2 nine@npm:@elastic/elasticsearch@9.5.1
cat >show.mjs <<'JS'
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';

let requests = 0;
const server = createServer((request, response) => {
  requests++;
  request.resume();
  const status = Number(/(\d+)/.exec(request.url)[1]);
  const text = JSON.stringify(status === 200 ? { took: 1, hits: { hits: [] } } : { error: { type: 'an_error' }, status });
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-elastic-product': 'Elasticsearch',
    ...(status === 200 && { 'content-encoding': 'gzip' }),
  });
  response.end(status === 200 ? gzipSync(text) : text);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const node = `http://127.0.0.1:${server.address().port}`;

async function ask(client, status, options) {
  requests = 0;
  try {
    const body = await client.search({ index: `answers-${status}` }, options);
    if (!options.asStream) return `an object, requests: ${requests}`;
    const bytes = Buffer.concat(await body.toArray());
    return `a stream of ${bytes[0] === 0x1f ? 'gzip' : bytes.toString()}, requests: ${requests}`;
  } catch (error) {
    return `${error.name}, requests: ${requests}`;
  }
}

for (const version of ['eight', 'nine']) {
  const { Client } = await import(version);
  const client = new Client({ node, maxRetries: 3, compression: true });
  for (const status of [404, 503, 200])
    for (const options of [{}, { asStream: true }])
      console.log(`${version} ${status} ${JSON.stringify(options)}: ${await ask(client, status, options)}`);
  await client.close();
}
server.close();
server.closeAllConnections();
JS
seen=$(node show.mjs)
echo "seen:
$seen"
expected=$(for version in eight nine; do
  cat <<TEXT
$version 404 {}: ResponseError, requests: 1
$version 404 {"asStream":true}: a stream of {"error":{"type":"an_error"},"status":404}, requests: 1
$version 503 {}: ResponseError, requests: 4
$version 503 {"asStream":true}: a stream of {"error":{"type":"an_error"},"status":503}, requests: 1
$version 200 {}: an object, requests: 1
$version 200 {"asStream":true}: a stream of gzip, requests: 1
TEXT
done)
[ "$seen" = "$expected" ] || { echo "expected:
$expected" >&2; exit 1; }
