/*
 * Records reports into an outbox on disk and says, after each group is safe there, the ids of that group. To be killed.
 * argv: directory, ids' prefix. The store takes nothing.
 */
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { ScriptedExporter, ScriptedStore } from '../../support/scripted-exporter.js';

const [directory, prefix] = process.argv.slice(2) as [string, string];
const store = new ScriptedStore();
store.state = 'down';
const exporter = new ScriptedExporter(store, { outbox: { directory } });
for (let group = 0; ; group++) {
  const ids = Array.from({ length: 20 }, (_, i) => `${prefix}-${group}-${i}`);
  exporter[INTERNALS].accept(
    ids.map((id) => ({
      id,
      name: 'killed',
      metric: 'custom',
      fields: { when: new Date(group), large: 2n ** 60n + BigInt(group), nothing: null },
      timestamp: new Date(1.7e12 + group),
      host: 'h',
    })),
  );
  await exporter.forceFlush();
  process.stdout.write(`${ids.join(' ')}\n`);
}
