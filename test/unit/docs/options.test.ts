import { expect } from 'chai';
import { read } from './pages.js';

/** The names of an interface's members, as test/types/api has them. */
function membersOf(file: string, ...interfaces: string[]): Set<string> {
  const text = read(`test/types/api/${file}.txt`);
  return new Set(
    interfaces.flatMap((name) => {
      const [, members] = new RegExp(`^interface ${name}\\b.*\\n((?: {2}.*\\n)*)`, 'm').exec(text)!;
      return [...members!.matchAll(/^ {2}(\w+)\??: /gm)].map(([, member]) => member!);
    }),
  );
}

/** The options in the first column of the table below a heading. */
function tabled(page: string, heading: string): Set<string> {
  const [, section] = read(page).split(`\n${heading}\n`);
  const rows = section!.split(/^#/m)[0]!.matchAll(/^\| (`[^|]*) \|/gm);
  return new Set([...rows].flatMap(([, cell]) => cell!.match(/\w+/g)!));
}

const COMMON = membersOf('exporters', 'ExporterOptions');
const STORES: Readonly<Record<string, readonly string[]>> = {
  elasticsearch: ['ElasticsearchExporterOptions'],
  mongodb: ['MongoExporterOptions', 'MongoConnectionOptions'],
  rethinkdb: ['RethinkExporterOptions'],
  influxdb: ['InfluxExporterOptions', 'InfluxConnectionOptions'],
  otlp: ['OtlpExporterOptions'],
};

describe('the tables of options', () => {
  for (const [store, interfaces] of Object.entries(STORES))
    it(`name all options of ${store}, and none that is missing`, () => {
      const own = membersOf(`exporters.${store}`, ...interfaces);
      const named = tabled(`docs/stores/${store}.md`, '## Options');
      // Told in the row of `timeout`.
      own.delete('connectTimeout');
      for (const name of own) expect([...named]).to.include(name);
      for (const name of named) expect([...own, ...COMMON]).to.include(name);
    });

  it('name all options of every exporter', () => {
    const named = tabled('docs/delivery.md', '## Options of every exporter and queue');
    expect([...named].sort()).to.deep.equal([...COMMON].sort());
  });

  it('name all options of Metrics', () => {
    const options = membersOf('index', 'MetricsOptions');
    expect([...tabled('docs/guide.md', '## Options')].sort()).to.deep.equal([...options].sort());
  });
});
