#!/usr/bin/env bash
# Node 20.19.0 and 24.19.0: `import { readFileSync } from 'node:fs'` loads all of Node's streams, `require` and
# `process.getBuiltinModule` of the same function do not. An ES module takes a built-in module's names by reading every
# property once, also the getters that exist to load late: of `fs`, ReadStream, WriteStream and promises. Nothing of it shows in
# the program's own source; a library that counts the milliseconds of its import pays for what it does not use.
# Shown: after each way, whether internal/fs/streams is loaded.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >imported.mjs <<'JS'
import { readFileSync } from 'node:fs';
globalThis.kept = readFileSync;
console.log(process.moduleLoadList.includes('NativeModule internal/fs/streams'));
JS
cat >builtin.mjs <<'JS'
const { readFileSync } = process.getBuiltinModule('node:fs');
globalThis.kept = readFileSync;
console.log(process.moduleLoadList.includes('NativeModule internal/fs/streams'));
JS
cat >required.cjs <<'JS'
const { readFileSync } = require('node:fs');
globalThis.kept = readFileSync;
console.log(process.moduleLoadList.includes('NativeModule internal/fs/streams'));
JS
for version in 20.19.0 24.19.0; do
  mkdir "$version"
  (cd "$version" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund "node@$version")
  node=$version/node_modules/node/bin/node
  # Into files: for a terminal or a pipe console.log itself loads streams.
  for program in imported.mjs builtin.mjs required.cjs; do "$node" "$program" >"$version/$program.txt"; done
  seen="import $(cat "$version/imported.mjs.txt"), getBuiltinModule $(cat "$version/builtin.mjs.txt"), require $(cat "$version/required.cjs.txt")"
  echo "seen with $("$node" --version): $seen"
  [ "$seen" = 'import true, getBuiltinModule false, require false' ] || {
    echo 'expected: import true, getBuiltinModule false, require false' >&2
    exit 1
  }
done
