import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { httpMetrics } from 'kaneda-otel/integrations/nest';
import { MetricsModule, metrics } from './metrics.module.js';
import { OrdersController } from './orders.controller.js';
import { OrdersService } from './orders.service.js';

@Module({
  imports: [MetricsModule],
  controllers: [OrdersController],
  providers: [OrdersService],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.use(httpMetrics(metrics));
// SIGTERM and SIGINT close the application, and its metrics with it.
app.enableShutdownHooks();
const server = await app.listen(process.env.PORT ?? 3000);
console.log(`listening on ${server.address().port}`);
