/** Records into the global providers, of which there are none. */
import { Metrics } from '../../../src/index.js';

const metrics = new Metrics();
metrics.increment('user.signup');
if (process.argv[2] === 'registers') {
  const { metrics: api } = await import('@opentelemetry/api');
  const { MeterProvider } = await import('@opentelemetry/sdk-metrics');
  api.setGlobalMeterProvider(new MeterProvider());
}
