import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, NotFoundException } from '@nestjs/common';
import { Metrics } from 'kaneda-otel';
import { metrics } from './metrics.module.js';

const PRICES = new Map([
  ['plum', 3],
  ['pear', 2],
]);

/** Takes orders, and counts them. */
@Injectable()
export class OrdersService {
  readonly #metrics: Metrics;

  constructor(metrics: Metrics) {
    this.#metrics = metrics.with({ prefix: 'shop.' });
  }

  /** The timing is called `OrdersService.order`. @throws NotFoundException for an unknown article. */
  @metrics.timed()
  async order(article: string, amount: number): Promise<{ total: number }> {
    const price = PRICES.get(article);
    if (price === undefined) throw new NotFoundException(`${article} is not sold here`);
    await sleep(5);
    this.#metrics.increment('orders', { article }, amount);
    return { total: price * amount };
  }
}
