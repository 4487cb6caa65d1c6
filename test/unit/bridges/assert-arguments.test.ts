import { createNoopMeter } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { CellProducer } from '../../../bridges/cell-producer.js';
import { HeapCells } from '../../../bridges/cells/heap-cells.js';
import { MappedCells } from '../../../bridges/cells/mapped/mapped-cells.js';
import { observeCells } from '../../../bridges/observe-cells.js';
import { observeProcesses, readProcess } from '../../../bridges/observe-processes.js';
import { Collection, Counter } from '../../../src/cantal/index.js';
import { said } from '../../support/places.js';

const meterProvider = new MeterProvider();
const wrong = (value: unknown): never => value as never;

describe('a wrong argument of the bridges', () => {
  for (const value of [undefined, null, 5, 'cells', {}, []]) {
    it(`is named where ${JSON.stringify(value)} is given for cells`, () => {
      const text = /takes a store of cells: pass a HeapCells/;
      expect(() => observeCells(wrong(value), createNoopMeter())).to.throw(TypeError, text);
      expect(() => new CellProducer(wrong(value))).to.throw(TypeError, text);
    });

    it(`is named where ${JSON.stringify(value)} is given for a meter or its provider`, () => {
      expect(() => observeCells(new HeapCells(), wrong(value))).to.throw(
        TypeError,
        /observeCells\(\) takes a Meter/,
      );
      for (const options of [value, { meterProvider: value }])
        expect(() => observeProcesses(wrong(options))).to.throw(TypeError, /meterProvider/);
    });
  }

  it('is named where the places of processes are not text, or an option is unknown', () => {
    const refused = (options: object): Chai.Assertion =>
      expect(() => observeProcesses(wrong({ meterProvider, ...options }))).to.throw(TypeError);
    refused({ directory: 5 }).with.property('message').that.contains('directory must be a string');
    for (const paths of ['a', [5]])
      refused({ paths }).with.property('message').that.contains('paths must be a list of strings');
    refused({ Directory: 'a' })
      .with.property('message')
      .that.contains('Directory: unknown; known options are meterProvider, directory, paths.');
  });

  it('is named where it is an option of a CellProducer', () => {
    const refused = (options: unknown, text: string): unknown =>
      expect(() => new CellProducer(new HeapCells(), wrong(options))).to.throw(TypeError, text);
    refused({ temporalty: 'delta' }, 'temporalty: unknown; known options are temporality.');
    for (const options of [null, 5, 'delta']) refused(options, 'options: must be an object');
    for (const temporality of [null, 2, 'deltas', () => {}])
      refused({ temporality }, "new CellProducer(): temporality is 'cumulative' or 'delta'; got ");
  });

  it('is named where it is no path, no cell, or no kind of series', () => {
    for (const path of [undefined, null, 5, {}])
      expect(() => readProcess(wrong(path))).to.throw(
        TypeError,
        `the path is no text but ${typeof path}: give a string, without suffix`,
      );
    const cells = new HeapCells();
    for (const cell of [undefined, 5, {}])
      expect(() => cells.add(wrong(cell))).to.throw(TypeError, 'add() takes a cell: pass');
    for (const kind of [undefined, 'counter', 'toString'])
      expect(() => cells.family(wrong(kind), 'n')).to.throw(
        TypeError,
        "family() takes a kind: pass 'sum', 'gauge' or 'histogram'.",
      );
  });

  it('leaves the cells in memory, with a warning, where it is the path of mapped cells', () => {
    const lines = said(() => {
      const cells = MappedCells.create(wrong(5));
      const counter = new Counter({ metric: 'm' }, { collection: new Collection({ cells }) });
      counter.incr(2);
      expect([cells.path, counter.get()]).to.deep.equal([undefined, 2n]);
      cells.close();
    });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.contain('the path is no text but number: give a string');
  });
});
