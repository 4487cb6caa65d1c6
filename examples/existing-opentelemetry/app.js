import { once } from 'node:events';
import http from 'node:http';
import { metrics as api } from '@opentelemetry/api';
import { Metrics } from 'kaneda-otel';
import { httpMetrics } from 'kaneda-otel/integrations/http';
import { endTelemetry } from './telemetry.js';

// The application's own instrument, as it was.
const visits = api.getMeter('shop').createCounter('visits');

// Without options: into the providers that are registered globally.
const metrics = new Metrics();

function handle(request, response) {
  visits.add(1, { path: request.url === '/' ? '/' : 'other' });
  if (request.method === 'POST') {
    metrics.increment('orders', { article: 'plum' });
    metrics.event('ordered', 'a plum');
  }
  response.end('plums\n');
}

const server = http.createServer(httpMetrics(metrics)(handle));
server.listen(process.env.PORT ?? 3000, () => console.log(`listening on ${server.address().port}`));

/** Answers what is in progress, hands over what is left, and ends OpenTelemetry last. */
async function end() {
  const closed = once(server, 'close');
  server.close();
  const limit = setTimeout(() => server.closeAllConnections(), 10_000);
  await closed;
  clearTimeout(limit);
  await metrics.close({ timeout: 5_000 });
  await endTelemetry();
}
process.once('SIGTERM', end);
process.once('SIGINT', end);
