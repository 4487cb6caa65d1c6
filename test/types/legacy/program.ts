/** Compiled with TypeScript's older decorators; prints what was recorded. */
import { expectTypeOf } from 'expect-type';
import { ReportExporter } from '../../../exporters/report-exporter.js';
import { Metrics } from '../../../src/index.js';

class Nowhere extends ReportExporter {
  readonly names: string[] = [];
  protected async write(reports: readonly { name: string }[]): Promise<void> {
    this.names.push(...reports.map(({ name }) => name));
  }
}

const backend = new Nowhere();
const metrics = new Metrics({ backend });

class Shop {
  @metrics.timed()
  static open(): Shop {
    return new Shop();
  }
  @metrics.timed()
  async order(product: string, count = 1): Promise<string> {
    return `${count} ${product}`;
  }
  @metrics.timed('shop.close', { tags: { door: 'front' }, useMs: true })
  close(this: Shop): void {}
}

class Market extends Shop {}

expectTypeOf<Shop['order']>().toEqualTypeOf<(product: string, count?: number) => Promise<string>>();
// @ts-expect-error a timer's tags are tags
metrics.timed('x', { tags: { nested: {} } });

const shop = Shop.open();
const ordered = await new Market().order('plum', 3);
shop.close();
await metrics.close();
process.stdout.write(JSON.stringify({ ordered, names: backend.names }));
