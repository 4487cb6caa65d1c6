#!/usr/bin/env bash
# express 5.3.0: when a handler in a mounted router fails and the application's error handler answers, the route that is read
# from the request once the response has finished is not the route that ran. `req.baseUrl` is restored to '' as the error
# leaves the router, `req.route` stays: the mount path is lost. Without a failure both are complete.
# A middleware that counts requests by `req.baseUrl + req.route.path` at the `finish` event counts failed and successful
# requests of one route under two names.
# Shown: a router mounted at /shop with the routes /ok and /fails; each is asked once.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund express@5.3.0
cat >show.mjs <<'JS'
import { once } from 'node:events';
import express from 'express';

const seen = [];
const app = express();
app.use((request, response, next) => {
  response.on('finish', () => seen.push(`${response.statusCode} ${request.baseUrl}${request.route?.path}`));
  next();
});
const shop = express.Router();
shop.get('/ok', (_request, response) => void response.end());
shop.get('/fails', () => {
  throw new Error('failed');
});
app.use('/shop', shop);
app.use((_error, _request, response, _next) => void response.status(500).end());
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
for (const path of ['/shop/ok', '/shop/fails'])
  await (await fetch(`http://127.0.0.1:${server.address().port}${path}`)).text();
server.close();
server.closeAllConnections();
console.log(seen.join(', '));
JS
seen=$(node show.mjs)
echo "seen: $seen"
[ "$seen" = '200 /shop/ok, 500 /fails' ] || { echo 'expected: 200 /shop/ok, 500 /fails' >&2; exit 1; }
