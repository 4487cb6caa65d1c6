import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { monotonic } from '../../../exporters/timing/real-timers.js';
import { sleep as pause } from '../../../exporters/timing/sleep.js';
import type { Metrics } from '../../metrics/metrics.js';

/** The answer to a request. */
interface Answer {
  readonly route: string;
  readonly status: number;
  readonly body: unknown;
}

const PRODUCTS = ['apple', 'pear', 'plum'];

/** A small shop over HTTP, instrumented with every method that `Metrics` has. */
export class Shop {
  readonly #metrics: Metrics;
  readonly #price: (product: string) => Promise<number>;
  readonly #server: Server;
  #active = 0;
  #orders = 0;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#price = metrics.timed('shop.price', { tags: { source: 'warehouse' } })(
      async (product) => {
        await pause(2 + Math.random() * 6);
        return product.length * 100;
      },
    );
    this.#server = createServer((request, response) => void this.#handle(request, response));
    for (const product of PRODUCTS) metrics.gauge('shop.shelves', 100, { product });
  }

  /** Listens on loopback, on a port that is free; resolves to its address. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const start = monotonic();
    this.#metrics.gauge('shop.requests.active', ++this.#active);
    const { route, status, body } = await this.#answer(request.url ?? '/').catch((error: Error) =>
      this.#failed(error),
    );
    this.#metrics.increment('shop.requests', { route, status });
    this.#metrics.timing('shop.duration', (monotonic() - start) / 1000, { route });
    this.#metrics.gauge('shop.requests.active', --this.#active);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  async #answer(url: string): Promise<Answer> {
    const [, place = '', product = ''] = url.split('/');
    if (place === '') return { route: '/', status: 200, body: this.#frontPage() };
    if (place === 'products' && PRODUCTS.includes(product)) {
      return {
        route: '/products/:name',
        status: 200,
        body: { product, price: await this.#price(product) },
      };
    }
    if (place === 'orders' && PRODUCTS.includes(product)) return this.#order(product);
    return { route: 'other', status: 404, body: { error: 'no such page' } };
  }

  #frontPage(): unknown {
    using _ = this.#metrics.timed('shop.render');
    return { products: PRODUCTS };
  }

  /** Every ninth order fails, as an order's payment does. */
  async #order(product: string): Promise<Answer> {
    const price = await this.#price(product);
    await pause(5 + Math.random() * 25);
    this.#orders += 1;
    if (this.#orders % 9 === 0) throw new Error(`payment of ${price} refused`);
    this.#metrics.decrement('shop.stock', { product });
    this.#metrics.custom('shop.order', {
      metric: 'order',
      value: { product, price },
      tags: ['paid'],
    });
    return { route: '/orders/:name', status: 201, body: { product, price } };
  }

  #failed(error: Error): Answer {
    this.#metrics.event('shop.order.failed', error.message, { route: '/orders/:name' });
    return { route: '/orders/:name', status: 500, body: { error: error.message } };
  }
}
