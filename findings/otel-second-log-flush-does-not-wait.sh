#!/usr/bin/env bash
# @opentelemetry/sdk-logs 0.223.1: BatchLogRecordProcessor.forceFlush() resolves at once while another flush is under way,
# though the record that was emitted in between is not exported yet.
# Shown: an exporter takes 300 ms; a record, a flush that is not awaited, a second record, an awaited flush: the awaited flush
# resolves with 0 of 2 records exported.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @opentelemetry/api@1.9.0 @opentelemetry/api-logs@0.223.1 @opentelemetry/sdk-logs@0.223.1
cat >show.mjs <<'JS'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';

let exported = 0;
const exporter = {
  export(records, done) {
    setTimeout(() => {
      exported += records.length;
      done({ code: 0 });
    }, 300);
  },
  shutdown: async () => {},
  forceFlush: async () => {},
};
const Processor = BatchLogRecordProcessor;
let processor;
try {
  processor = new Processor({ exporter });
  if (processor._exporter !== undefined && processor._exporter !== exporter) throw new Error('other signature');
} catch {
  processor = new Processor(exporter);
}
const provider = new LoggerProvider({ processors: [processor] });
const logger = provider.getLogger('show');
logger.emit({ body: 'first' });
const first = provider.forceFlush();
await new Promise((resolve) => setTimeout(resolve, 50));
logger.emit({ body: 'second' });
await provider.forceFlush();
const early = exported;
await first;
await provider.shutdown();
console.log(`${early} of 2 after the second flush, ${exported} of 2 after shutdown`);
JS
seen=$(node show.mjs)
echo "seen: $seen"
case "$seen" in '0 of 2 after the second flush, '*) ;; *) echo 'expected: 0 of 2 after the second flush' >&2; exit 1 ;; esac
