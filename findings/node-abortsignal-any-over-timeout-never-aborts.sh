#!/usr/bin/env bash
# Node 20.19.0 and 22.12.0: a signal that AbortSignal.any() makes from AbortSignal.timeout() never aborts when the garbage collector
# ran while nobody had a listener on it: the combined signal is held by the program, the timeout's own signal by nobody, and it is
# collected. `aborted` stays false for good, and a listener that is added after the collection is never called.
# Node 24.11.0 keeps the timeout's signal.
# Shown: 100 combined signals over timeouts of 100 ms, held in an array; a collection; listeners added; 400 ms later 0 of 100 are
# aborted on Node 20 and 22, and 100 of 100 on Node 24.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >show.mjs <<'JS'
const signals = Array.from({ length: 100 }, () => AbortSignal.any([AbortSignal.timeout(100)]));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
for (let turn = 0; turn < 2; turn++) {
  await pause(20);
  gc();
}
let called = 0;
for (const signal of signals) signal.addEventListener('abort', () => called++);
await pause(400);
console.log(`${signals.filter(({ aborted }) => aborted).length} aborted, ${called} called`);
JS
for pair in '20.19.0=0 aborted, 0 called' '22.12.0=0 aborted, 0 called' '24.11.0=100 aborted, 100 called'; do
  version=${pair%%=*}
  npm install --silent --no-audit --no-fund --prefix "node-$version" "node@$version"
  seen=$("node-$version/node_modules/.bin/node" --expose-gc show.mjs)
  echo "seen on Node $version: $seen"
  [ "$seen" = "${pair#*=}" ] || { echo "expected: ${pair#*=}" >&2; exit 1; }
done
