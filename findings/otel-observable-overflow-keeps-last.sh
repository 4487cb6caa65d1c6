#!/usr/bin/env bash
# @opentelemetry/sdk-metrics 2.12.1: past a cardinality limit, an observable counter's overflow point holds only the last
# observation that was folded into it, while a counter's overflow point adds up what was folded.
# Shown: 3,000 series of 1 each, limit 2,000. The counter's points add up to 3,000, the observable counter's to 2,000.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @opentelemetry/api@1.9.0 @opentelemetry/sdk-metrics@2.12.1
cat >show.mjs <<'JS'
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
const provider = new MeterProvider({ readers: [reader] });
const meter = provider.getMeter('show');
const counter = meter.createCounter('counter');
for (let i = 0; i < 3_000; i++) counter.add(1, { i });
meter.createObservableCounter('observable').addCallback((result) => {
  for (let i = 0; i < 3_000; i++) result.observe(1, { i });
});
await provider.forceFlush();
const metrics = exporter.getMetrics()[0].scopeMetrics[0].metrics;
const sums = Object.fromEntries(
  metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints.reduce((sum, { value }) => sum + value, 0)]),
);
console.log(JSON.stringify(sums));
await provider.shutdown();
JS
seen=$(node show.mjs)
expected='{"counter":3000,"observable":2000}'
echo "seen: $seen"
[ "$seen" = "$expected" ] || { echo "expected: $expected" >&2; exit 1; }
