import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Counter, Fork, RequestTracker, start } from 'kaneda-otel/cantal';
import { trackRequests } from 'kaneda-otel/integrations/http';
import { PATH } from './cells.js';

const orders = new Counter({ group: 'shop', metric: 'orders' });
const requests = new RequestTracker('http');
// Tells where the time of all requests goes.
const work = new Fork(['reading', 'baking'], { state: 'work' });
const active = start({ path: PATH });

async function handle(request, response) {
  await work.context(async () => {
    work.reading.enter();
    for await (const _ of request);
    work.baking.enter();
    await sleep(20);
  });
  if (request.method === 'POST') orders.incr();
  response.end('a cake\n');
}

const server = http.createServer(handle);
trackRequests(server, requests);
server.listen(process.env.PORT ?? 3000);

process.on('message', () => {
  const limit = setTimeout(() => server.closeAllConnections(), 10_000);
  server.close(() => {
    clearTimeout(limit);
    process.send('drained');
  });
});
// Ctrl-C reaches the whole group of processes; the primary says when to end.
process.on('SIGINT', () => {});
process.once('SIGTERM', () => {
  active.close();
  process.exit(0);
});
