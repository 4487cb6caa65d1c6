import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  Collection,
  Counter,
  Float,
  Fork,
  Integer,
  RequestTracker,
  State,
  start,
} from '../../../../src/cantal/index.js';
import { SettingsError } from '../../../../src/errors.js';
import { trackConnections } from '../../../../src/integrations/http.js';
import { directory, said } from '../../../support/places.js';

const wrong = (value: unknown): never => value as never;

describe("faulty options of Cantal's classes", () => {
  let collection: Collection;
  const size = (): number => [...collection.cells.cells].length;
  beforeEach(() => {
    collection = new Collection();
  });

  const makers: Record<string, (options: unknown) => unknown> = {
    Counter: (options) => new Counter({ metric: 'm' }, wrong(options)),
    Integer: (options) => new Integer({ metric: 'm' }, wrong(options)),
    Float: (options) => new Float({ metric: 'm' }, wrong(options)),
    State: (options) => new State({ metric: 'm' }, wrong(options)),
    RequestTracker: (options) => new RequestTracker('g', {}, wrong(options)),
    Fork: (options) => new Fork(['a'], { state: 's' }, wrong(options)),
  };
  for (const [name, make] of Object.entries(makers)) {
    it(`are told by new ${name}, with the option that is meant, and make nothing`, () => {
      const refused = (options: unknown, text: string): unknown =>
        expect(() => make(options), text).to.throw(SettingsError, `new ${name}: ${text}`);
      refused({ collection, reus: true }, 'reus: unknown; did you mean reuse?');
      refused({ colection: collection }, 'colection: unknown; did you mean collection?');
      refused({ collection, reuse: 'yes' }, 'reuse: must be true or false');
      refused({ collection: null }, 'collection: must be a Collection');
      for (const options of [null, 5, 'text', [], () => {}])
        refused(options, 'options: must be an object');
      expect(size()).to.equal(0);
      make({ collection, reuse: undefined });
      expect(size()).to.be.above(0);
    });
  }

  it('are told by a Fork where they are those of a State', () => {
    expect(() => new Fork(['a'], { state: 's' }, wrong({ collection, size: 5 }))).to.throw(
      SettingsError,
      'size: unknown; remove it; known options are collection, reuse',
    );
    expect(size()).to.equal(0);
  });

  it('are told by new Collection', () => {
    const refused = (options: unknown, text: string): unknown =>
      expect(() => new Collection(wrong(options))).to.throw(SettingsError, text);
    refused({ cell: collection.cells }, 'new Collection: cell: unknown; did you mean cells?');
    for (const cells of [null, 5, {}, collection])
      refused({ cells }, 'cells: must be a store of cells: a HeapCells, a MappedCells, or a Coll');
    for (const options of [null, 5, []]) refused(options, 'options: must be an object');
    expect(new Collection({ cells: collection.cells }).cells).to.equal(collection.cells);
  });

  it('are named by add(), which takes cells', () => {
    for (const value of [undefined, null, 5, {}, { dimensions: {} }])
      expect(() => collection.add(wrong(value))).to.throw(TypeError, 'add() takes a cell: pass');
  });

  it('are logged by start(), which never throws, and leave the rest as it is', () => {
    const { path, discard } = directory();
    try {
      const counter = new Counter({ metric: 'm' }, { collection });
      const lines = said(() => {
        const active = collection.start(join(path, 'cells'), wrong({ meterProvder: 5 }));
        expect(active.path).to.equal(join(path, 'cells'));
        counter.incr();
        active.close();
        for (const options of [null, 5]) collection.start('', wrong(options)).close();
        start(wrong({ paht: path })).close();
        start(wrong(null)).close();
      });
      expect(counter.get()).to.equal(1n);
      const told = lines.filter((line) => line.includes('start: '));
      expect(told.map((line) => line.replace(/^KANEDA_SETTINGS: kaneda-otel: /, ''))).to.deep.equal(
        [
          'Collection.start: meterProvder: unknown; did you mean meterProvider?',
          'Collection.start: options: must be an object; correct or remove options.',
          'Collection.start: options: must be an object; correct or remove options.',
          'start: paht: unknown; did you mean path?',
          'start: options: must be an object; correct or remove options.',
        ],
      );
    } finally {
      discard();
    }
  });

  it('are logged with their remedy where they are a path or a MeterProvider', () => {
    const lines = said(() => {
      for (const path of [null, true]) {
        const active = start(wrong({ path }));
        expect(active.path).to.equal(undefined);
        active.close();
      }
    });
    expect(lines.at(-1)).to.include('the path is no text but boolean: give a string');
    const [line] = said(() => collection.start('', { meterProvider: wrong({}) }).close()).filter(
      (text) => text.includes('OpenTelemetry'),
    );
    expect(line).to.include(
      'does not get the metrics: meterProvider has no getMeter(); give a MeterProvider of OpenTelemetry',
    );
  });

  it('are told in words where something else stands in place of a function', async () => {
    const tracker = new RequestTracker('g', {}, { collection });
    const state = new State({ state: 's' }, { collection });
    const fork = new Fork(['a'], { state: 'f' }, { collection });
    for (const fn of [5, 'text', {}] as never[])
      for (const call of [
        () => tracker.request(fn),
        () => state.context('busy', fn),
        () => fork.context(fn),
      ])
        expect(call).to.throw(TypeError, `take a function, not ${typeof fn}: () => work()`);
    expect([tracker.inProgress.get(), state.get()]).to.deep.equal([0, null]);
  });

  it('are told by trackConnections, before it makes a metric', () => {
    for (const server of [undefined, null, 5, {}, []])
      expect(() => trackConnections(wrong(server), {}, { collection })).to.throw(
        TypeError,
        'trackConnections() takes a server: pass what http.createServer() gives.',
      );
    for (const dimensions of [null, 'mail', 5])
      expect(() => trackConnections(createServer(), wrong(dimensions), { collection })).to.throw(
        TypeError,
        'Dimensions are a record of strings',
      );
    expect(() => trackConnections(createServer(), {}, wrong({ colection: 5 }))).to.throw(
      SettingsError,
      'did you mean collection?',
    );
    expect(size()).to.equal(0);
  });
});
