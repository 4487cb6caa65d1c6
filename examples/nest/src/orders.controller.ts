import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { OrdersService } from './orders.service.js';

/** `POST /orders/:article` with `{"amount": 2}`, and `GET /orders`. */
@Controller('orders')
export class OrdersController {
  readonly #orders: OrdersService;

  constructor(orders: OrdersService) {
    this.#orders = orders;
  }

  @Get()
  list(): string[] {
    return [];
  }

  @Post(':article')
  order(
    @Param('article') article: string,
    @Body() { amount }: { amount: number },
  ): Promise<{ total: number }> {
    return this.#orders.order(article, amount);
  }
}
