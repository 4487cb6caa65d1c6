#!/usr/bin/env bash
# kaneda 1.0 (Python): each LoggerBackend with a file name of its own adds a handler to one logger that all of them share, so
# with two backends every report is written to both files. Named in a settings file (BACKEND and LOGGER_FILENAME), the backend
# cannot be made at all: the class has no prefix for its settings, and a TypeError about None is raised.
# The package also imports `six` without requiring it; it is installed beside.
# Shown: two backends with a file each, one report each: two lines in each file. Then a settings file: TypeError.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check kaneda==1.0 six==1.17.0
cat >kanedasettings.py <<'PY'
BACKEND = 'kaneda.backends.LoggerBackend'
LOGGER_FILENAME = 'settings.log'
PY
cat >show.py <<'PY'
from kaneda import Metrics
from kaneda.backends import LoggerBackend

for name in ('a', 'b'):
    globals()[name] = Metrics(backend=LoggerBackend(filename=name + '.log'))
a.increment('only.in.a')
b.increment('only.in.b')
lines = [len(open(name + '.log').readlines()) for name in ('a', 'b')]
try:
    Metrics()
    made = 'made'
except TypeError:
    made = 'TypeError'
print('lines', *lines, 'from settings', made)
PY
seen=$(PYTHONPATH=. python/bin/python show.py)
echo "seen: $seen"
expected='lines 2 2 from settings TypeError'
[ "$seen" = "$expected" ] || { echo "expected: $expected" >&2; exit 1; }
