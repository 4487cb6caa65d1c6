# pickleparser 0.2.1 and jpickle 0.4.1 (npm) read Python's integers outside of 32 bits wrongly and without an error. Python writes
# those with the opcode LONG1: a length and that many bytes in two's complement. pickleparser takes the bytes of a negative one as
# unsigned, so -2147483649 becomes 1097364144127; jpickle makes each of them 0, positive or not.
# Milliseconds since 1970, sizes of files and sums pass that border; a test with small numbers does not see it.
# Shown: CPython pickles four integers with protocol 2, both parsers read them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund pickleparser@0.2.1 jpickle@0.4.1
cat >show.mjs <<'JS'
import { execFileSync } from 'node:child_process';
import jpickle from 'jpickle';
import { Parser } from 'pickleparser';

for (const written of ['-2**31', '-2**31 - 1', '2**31', '1700000000000']) {
  const program = `import pickle, sys; sys.stdout.buffer.write(pickle.dumps(${written}, protocol=2))`;
  const bytes = execFileSync('python3', ['-c', program]);
  console.log(`${written}: ${new Parser().parse(bytes)}, ${jpickle.loads(bytes.toString('latin1'))}`);
}
JS
seen=$(node show.mjs)
echo "seen (written: pickleparser, jpickle):
$seen"
expected='-2**31: -2147483648, -2147483648
-2**31 - 1: 1097364144127, 0
2**31: 2147483648, 0
1700000000000: 1700000000000, 0'
[ "$seen" = "$expected" ] || { echo "expected:
$expected" >&2; exit 1; }
