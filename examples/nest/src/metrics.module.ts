import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Metrics } from 'kaneda-otel';
import { LoggerExporter } from 'kaneda-otel/exporters/logger';

/** One for the process: decorators need it before NestJS makes its providers. */
export const metrics = new Metrics({
  backend: new LoggerExporter({ filename: 'metrics.log', appName: 'shop' }),
});

/** Gives `Metrics` to every provider and controller. */
@Global()
@Module({ providers: [{ provide: Metrics, useValue: metrics }], exports: [Metrics] })
export class MetricsModule implements OnApplicationShutdown {
  /** NestJS calls it after its HTTP server has answered what was in progress. */
  async onApplicationShutdown(): Promise<void> {
    await metrics.close({ timeout: 5_000 });
  }
}
