/*
 * Loads the package and records where globals of Node are missing, as in Jest's environment of browsers. Prints the ledger.
 */
for (const name of [
  'setImmediate',
  'clearImmediate',
  'TextEncoder',
  'TextDecoder',
  'structuredClone',
])
  Reflect.deleteProperty(globalThis, name);

const { Metrics } = await import('../../../src/index.js');
const { ReportExporter } = await import('../../../exporters/index.js');
const { Collection, State } = await import('../../../src/cantal/index.js');

class Taker extends ReportExporter {
  protected async write(): Promise<void> {}
}
const metrics = new Metrics({ backend: new Taker() });
metrics.event('ä', 'ü'.repeat(100_000), { ['ö'.repeat(300)]: 'ß'.repeat(300) });
metrics.increment('views', ['ä'.repeat(500)]);
new State({ group: 'ä', metric: 'state' }, { collection: new Collection() }).enter('ü'.repeat(99));
await metrics.close({ timeout: 5_000 });
process.stdout.write(JSON.stringify([metrics.ledger()]));
