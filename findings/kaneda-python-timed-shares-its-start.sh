#!/usr/bin/env bash
# kaneda 1.0 (Python): what `metrics.timed(name)` returns keeps the start of a call in itself. A decorated function that is
# entered again before it has returned (recursion, threads) overwrites that start, so the outer call is reported as if it had
# begun with the last inner one. The number of reports is right, their values are not.
# The package also imports `six` without requiring it; it is installed beside.
# Shown: a function sleeps for 0.2 s and calls itself twice, so its three calls take 0.2, 0.4 and 0.6 s. All three are reported
# with less than 0.4 s.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check kaneda==1.0 six==1.17.0
cat >show.py <<'PY'
import time

from kaneda import Metrics


class Backend:
    values = []

    def report(self, name, metric, value, tags, id_=None):
        self.values.append(value)


metrics = Metrics(backend=Backend())


@metrics.timed('countdown')
def countdown(left):
    time.sleep(0.2)
    if left > 0:
        countdown(left - 1)


begun = time.time()
countdown(2)
values = Backend.values
print(len(values), 'reports, the whole took 0.6 s or more:', time.time() - begun >= 0.6, '; values below 0.4 s:', sum(v < 0.4 for v in values))
PY
seen=$(python/bin/python show.py)
echo "seen: $seen"
expected='3 reports, the whole took 0.6 s or more: True ; values below 0.4 s: 3'
[ "$seen" = "$expected" ] || { echo "expected: $expected" >&2; exit 1; }
