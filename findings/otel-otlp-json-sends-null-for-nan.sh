# @opentelemetry/exporter-metrics-otlp-http 0.223.0: a gauge or counter whose value is NaN or infinite goes out as `"asDouble":null`.
# OTLP's JSON is that of protobuf, where such a number is a text ("NaN", "Infinity") and null means a field that is not set: the
# receiver gets a data point without any value, and the export counts as a success. @opentelemetry/exporter-metrics-otlp-proto of the
# same version sends the number itself, so the choice of the exporter decides what a receiver sees.
# Shown: one gauge with NaN and one with Infinity, by each exporter to a server that keeps the body: two points of null as JSON; the
# eight bytes of each number as protobuf.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @opentelemetry/api@1.9.0 @opentelemetry/sdk-metrics@2.12.1 \
  @opentelemetry/exporter-metrics-otlp-http@0.223.0 @opentelemetry/exporter-metrics-otlp-proto@0.223.0
cat >show.mjs <<'JS'
import { createServer } from 'node:http';
import { once } from 'node:events';
import { OTLPMetricExporter as AsJson } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as AsProtobuf } from '@opentelemetry/exporter-metrics-otlp-proto';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

let body;
const server = createServer(async (request, response) => {
  body = Buffer.concat(await chunksOf(request));
  response.setHeader('content-type', request.headers['content-type']).end(request.headers['content-type'] === 'application/json' ? '{}' : '');
});
async function chunksOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks;
}
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}/v1/metrics`;

async function sentBy(exporter) {
  const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
  const meter = provider.getMeter('shown');
  meter.createGauge('not-a-number').record(NaN);
  meter.createGauge('infinite').record(Infinity);
  await provider.forceFlush();
  const sent = body;
  await provider.shutdown();
  return sent;
}
const json = String(await sentBy(new AsJson({ url })));
const protobuf = await sentBy(new AsProtobuf({ url }));
server.close();
const bytesOf = (number) => { const bytes = Buffer.alloc(8); bytes.writeDoubleLE(number); return bytes; };
console.log(`JSON: ${json.match(/"asDouble":null/g)?.length ?? 0} nulls`);
console.log(`protobuf: NaN ${protobuf.includes(bytesOf(NaN))}, Infinity ${protobuf.includes(bytesOf(Infinity))}`);
JS
seen=$(node show.mjs)
echo "seen: $seen"
[ "$seen" = $'JSON: 2 nulls\nprotobuf: NaN true, Infinity true' ] || { echo 'expected 2 nulls as JSON, both numbers as protobuf' >&2; exit 1; }
