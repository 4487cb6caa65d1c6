import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { StateCell } from '../../../../bridges/cells/single/state-cell.js';
import { readProcess } from '../../../../bridges/observe-processes.js';
import {
  Collection,
  Counter,
  DuplicateValueError,
  Float,
  Fork,
  Integer,
  RequestTracker,
  State,
} from '../../../../src/cantal/index.js';
import { directory } from '../../../support/places.js';

/** A module of an application, as it runs at each reload. */
function load(collection: Collection) {
  const options = { collection, reuse: true };
  return {
    ticks: new Counter({ metric: 'ticks' }, options),
    depth: new Integer({ metric: 'depth' }, options),
    load: new Float({ metric: 'load' }, options),
    mood: new State({ state: 'mood' }, { ...options, size: 40 }),
    requests: new RequestTracker('api', { app: 'x' }, options),
    fork: new Fork(['read', 'write'], { state: 'loop' }, options),
  };
}

describe("Cantal's classes with reuse: true", () => {
  it('give the metrics that are there, with their values, each time the code is loaded', () => {
    const collection = new Collection();
    const first = load(collection);
    first.ticks.incr(3);
    first.depth.set(-2);
    first.load.set(0.5);
    first.mood.enter('busy');
    first.requests.request(() => 1);
    first.fork.context(() => first.fork.read.enter());

    const second = load(collection);

    for (const name of ['ticks', 'depth', 'load', 'mood'] as const)
      expect(second[name], name).to.equal(first[name]);
    expect(second.requests.requests).to.equal(first.requests.requests);
    expect(second.fork.read.count.get()).to.equal(1n);
    second.ticks.incr(4);
    second.requests.request(() => 1);
    second.fork.context(() => second.fork.write.enter());
    expect(first.ticks.get()).to.equal(7n);
    expect(second.requests.requests.get()).to.equal(2n);
    expect([...collection.cells.cells]).to.have.length(4 + 4 + 5);
  });

  it('give a metric of a class that was declared again, as a module that is loaded again does', () => {
    const collection = new Collection();
    const declared = () =>
      class Jobs extends Counter {
        done(): void {
          this.incr();
        }
      };
    const make = () => new (declared())({ metric: 'jobs' }, { collection, reuse: true });
    const first = make();
    make().done();
    expect(first.get()).to.equal(1n);
  });

  it('throw for a metric that lacks a method of the class', () => {
    const collection = new Collection();
    const options = { collection, reuse: true };
    new Counter({ metric: 'jobs' }, options);
    class Jobs extends Counter {
      done(): void {
        this.incr();
      }
    }
    expect(() => new Jobs({ metric: 'jobs' }, options)).to.throw(DuplicateValueError);
    collection.add(new StateCell({ state: 'mood' }));
    expect(() => new State({ state: 'mood' }, options)).to.throw(DuplicateValueError);
  });

  it('throw for a metric of another class, and name the option without it', () => {
    const collection = new Collection();
    new Counter({ metric: 'ticks' }, { collection });
    expect(() => new Integer({ metric: 'ticks' }, { collection, reuse: true })).to.throw(
      DuplicateValueError,
    );
    expect(() => new Counter({ metric: 'ticks' }, { collection })).to.throw(
      DuplicateValueError,
      'reuse: true',
    );
  });
});

describe('many collections in one process', () => {
  it('are started without a warning of leaking listeners, and are all published', async () => {
    const place = directory();
    const warnings: Error[] = [];
    const hear = (warning: Error): void => void warnings.push(warning);
    process.on('warning', hear);
    const before = process.listenerCount('exit');
    const active = Array.from({ length: 30 }, (_, i) => {
      const collection = new Collection();
      new Counter({ metric: 'ticks' }, { collection }).incr(i);
      return collection.start(join(place.path, `c${i}`));
    });
    const worker = new Worker('setTimeout(() => {}, 20)', { eval: true });
    await once(worker, 'exit');

    expect(readProcess(join(place.path, 'c29')).metrics[0]?.value).to.equal(29n);
    expect(process.listenerCount('exit')).to.be.at.most(before + 1);
    for (const one of active) one.close();
    expect(process.listenerCount('exit')).to.equal(before);
    process.off('warning', hear);
    expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).to.deep.equal([]);
    place.discard();
  });
});
