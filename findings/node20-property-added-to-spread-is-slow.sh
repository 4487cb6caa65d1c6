#!/usr/bin/env bash
# Node 20.19.0 (V8 11.3): to add properties to an object that began as a spread, `const o = { ...tags }; o.name = 'a'`, takes some 45
# times as long as to write the same properties into one literal with the spread last, `{ name: 'a', ...tags }`: microseconds against
# tens of nanoseconds. Node 22.12.0 and 24.11.0 show the opposite order, by a factor of 2 to 3.
# Shown: medians of 25 rounds of 20,000 objects with four properties, the ratio of the first form to the second: above 10 on Node 20,
# below 3 on Node 22 and 24.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >show.mjs <<'JS'
const tags = { plan: 'free', region: 'eu' };
const added = (i) => {
  const object = { ...tags };
  object.name = 'a';
  object.value = i;
  return object;
};
const spreadLast = (i) => ({ name: 'a', value: i, ...tags });
const median = (make) => {
  const times = Array.from({ length: 25 }, () => {
    const begin = process.hrtime.bigint();
    for (let i = 0; i < 20_000; i++) make(i);
    return Number(process.hrtime.bigint() - begin) / 20_000;
  });
  return times.sort((a, b) => a - b)[12];
};
console.log((median(added) / median(spreadLast)).toFixed(1));
JS
for version in 20.19.0 22.12.0 24.11.0; do
  npm install --silent --no-audit --no-fund --prefix "node-$version" "node@$version"
  ratio=$("node-$version/node_modules/.bin/node" show.mjs)
  echo "seen on Node $version: properties added to a spread take $ratio of the time of a literal with the spread last"
  case $version in
    20.*) awk -v ratio="$ratio" 'BEGIN { exit !(ratio > 10) }' || { echo 'expected: above 10' >&2; exit 1; } ;;
    *) awk -v ratio="$ratio" 'BEGIN { exit !(ratio < 3) }' || { echo 'expected: below 3' >&2; exit 1; } ;;
  esac
done
