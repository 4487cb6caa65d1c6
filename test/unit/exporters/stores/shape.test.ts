import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const STORES = new URL('../../../../exporters/stores/', import.meta.url);
const stores = readdirSync(STORES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const CLASSES: Readonly<Record<string, string>> = {
  elasticsearch: 'ElasticsearchExporter',
  influxdb: 'InfluxExporter',
  logger: 'LoggerExporter',
  mongodb: 'MongoExporter',
  otlp: 'OtlpExporter',
  rethinkdb: 'RethinkExporter',
};
/** Files that a store may do without: what it does not need is left out. */
const OPTIONAL: Readonly<Record<string, readonly string[]>> = {
  client: ['logger'],
  setup: ['logger', 'otlp'],
};

const filesOf = (store: string): string[] => readdirSync(new URL(`${store}/`, STORES));
const source = (store: string, file: string): string =>
  readFileSync(new URL(`${store}/${file}`, STORES), 'utf8');
const load = (store: string, file: string): Promise<Record<string, unknown>> =>
  import(new URL(`${store}/${file}.ts`, STORES).href) as Promise<Record<string, unknown>>;

describe('the folders of the stores', () => {
  it('are those that this test knows', () => {
    expect(stores).to.have.members(Object.keys(CLASSES));
  });

  for (const store of Object.keys(CLASSES)) {
    const name = CLASSES[store]!;

    it(`${store} has the files that every store has`, () => {
      for (const file of ['index', 'options', 'client', 'documents', 'outcomes', 'setup'])
        if (!OPTIONAL[file]?.includes(store))
          expect(filesOf(store), store).to.include(`${file}.ts`);
    });

    it(`${store} exports the functions that every store has, by the same names`, async () => {
      const index = await load(store, 'index');
      expect(index[name]).to.be.a('function').with.property('name', name);
      expect(source(store, 'index.ts')).to.match(
        new RegExp(`^export type .*\\b${name}Options\\b`, 'm'),
      );
      const options = await load(store, 'options');
      expect(options.OPTION_RULES).to.be.an('object');
      expect(options.targetOf).to.be.a('function');
      expect(source(store, 'options.ts')).to.match(
        new RegExp(`^export interface ${name}Options extends ExporterOptions`, 'm'),
      );
      expect((await load(store, 'documents')).toDocument).to.be.a('function');
      expect((await load(store, 'outcomes')).classifyFailure).to.be.a('function');
      if (filesOf(store).includes('setup.ts'))
        expect(Object.keys(await load(store, 'setup'))).to.satisfy((names: string[]) =>
          names.some((exported) => exported.startsWith('ensure')),
        );
    });

    it(`${store} has only private members that JavaScript keeps private`, () => {
      for (const file of filesOf(store).filter((each) => each.endsWith('.ts')))
        expect(source(store, file), join(store, file)).not.to.match(
          /^\s*(?:constructor\()?private (?!constructor)/m,
        );
    });
  }
});
