import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { developedWith, install, ROOT } from '../smoke/project.js';
import { type Collector, startCollector } from '../support/servers/collector.js';
import { until } from '../support/until.js';
import { Page } from './page.js';
import type { Reader } from './reader.js';
import type { Task } from './tasks.js';

const APPLICATION = 'existing-application.mjs';
const HAS = developedWith(
  '@opentelemetry/api',
  '@opentelemetry/sdk-metrics',
  '@opentelemetry/exporter-metrics-otlp-http',
);

/** docs/start/opentelemetry.md: as it stands, and its new lines in an application that exports to a collector. */
export const existingOpentelemetry: Task = {
  name: 'an existing OpenTelemetry application',
  minutes: 10,
  async run(watch, started) {
    const page = new Page('docs/start/opentelemetry.md');
    const collector = await started.server(startCollector);
    const reader = started.reader('opentelemetry', watch);
    const { folder } = reader.place;
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    copyFileSync(join(ROOT, 'test/first-hour', APPLICATION), join(folder, APPLICATION));
    await install(folder, ...HAS);

    await reader.follow(page, '# OpenTelemetry that is set up already');
    const record = page.section('Record by `Metrics`');
    expect(await reader.follow(page, record.heading)).to.deep.equal(record.prints);
    await inTheApplication(record.files.get('record.mjs')!, collector, reader);

    const store = page.section('Record by OpenTelemetry');
    const [printed, report] = await reader.follow(page, store.heading);
    expect(store.prints).to.deep.equal([printed]);
    expect(report).to.match(/orders .* 1 /);
    expect(reader.place.total('orders', { country: 'ch' })).to.equal(1);
  },
};

/** Puts what the page's program has that is new into the application, and looks for it in the collector. */
async function inTheApplication(program: string, collector: Collector, reader: Reader) {
  const added = /^\/\/ New.*?^await metrics\.flush\(\);[^\n]*$/ms.exec(program)!;
  const imported = /^import \{ Metrics \}.*$/m.exec(program)!;
  writeFileSync(join(reader.place.folder, 'new.mjs'), `${imported}\n${added}\n`);
  await reader.watch.step('the new lines in the application', () =>
    reader.place.run(`node ${APPLICATION}`, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }),
  );
  await until(async () => {
    const names = (await collector.readMetrics()).map(({ metric }) => metric.name);
    return ['visits', 'orders', 'carts.open', 'checkout'].every((name) => names.includes(name));
  });
}
