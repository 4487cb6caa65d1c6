import { once } from 'node:events';
import express from 'express';
import { collectProcessMetrics, metrics } from 'kaneda-otel';
import { httpMetrics } from 'kaneda-otel/integrations/express';

const PRICES = { plum: 3, pear: 2 };

const app = express();
// Before everything that is measured.
app.use(httpMetrics(metrics));
app.use(express.json());

app.get('/articles/:name', (request, response) => {
  const price = PRICES[request.params.name];
  if (price === undefined) return response.sendStatus(404);
  response.json({ price });
});

app.post('/orders', (request, response) => {
  const { article, amount } = request.body;
  if (!(article in PRICES)) return response.status(400).json({ error: 'unknown article' });
  metrics.increment('orders', { article }, amount);
  metrics.custom('order', { metric: 'sale', value: { article, amount } });
  response.status(201).json({ total: PRICES[article] * amount });
});

collectProcessMetrics(metrics);
const server = app.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on ${server.address().port}`);
  metrics.event('started', 'the shop');
});

/** Answers what is in progress, then stores what that recorded. */
async function end() {
  const closed = once(server, 'close');
  server.close();
  const limit = setTimeout(() => server.closeAllConnections(), 10_000);
  await closed;
  clearTimeout(limit);
  await metrics.close({ timeout: 5_000 });
}
process.once('SIGTERM', end);
process.once('SIGINT', end);
