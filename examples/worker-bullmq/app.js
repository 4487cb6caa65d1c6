import { metrics } from 'kaneda-otel';

// The settings name a queue, so the reports go there; the worker stores them.
const ORDERS = [
  { article: 'plum', amount: 3 },
  { article: 'pear', amount: 1 },
  { article: 'plum', amount: 2 },
];

for (const { article, amount } of ORDERS) {
  await metrics.timer('order.duration').time(async () => bake(article));
  metrics.increment('orders', { article }, amount);
}
metrics.event('closed', 'for today');
await metrics.close();
console.log(`${metrics.ledger().stored} reports are in the queue`);

async function bake(article) {
  return `a ${article} cake`;
}
