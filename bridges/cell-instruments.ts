import type { Attributes } from '@opentelemetry/api';
import type { Cell, CellKind, Dimensions } from './cells/cell.js';
import type { CounterCell } from './cells/single/counter-cell.js';
import type { FloatCell } from './cells/single/float-cell.js';
import type { IntegerCell } from './cells/single/integer-cell.js';
import type { StateCell } from './cells/single/state-cell.js';

/** The kind of OpenTelemetry instrument that shows a cell. */
export type InstrumentKind = 'counter' | 'upDownCounter' | 'gauge';

export const INSTRUMENT_OF: Readonly<Record<CellKind, InstrumentKind>> = {
  counter: 'counter',
  integer: 'upDownCounter',
  float: 'gauge',
  state: 'gauge',
};

/** The cell classes, told apart by `kind`. */
export type AnyCell = CounterCell | IntegerCell | FloatCell | StateCell;

/**
 * A cell's name and attributes as an instrument: `<group>.<metric>`, without a group
 * `<state>.<metric>`, what is missing left out, with nothing left `cantal`. The other dimensions
 * are attributes, the state too when the group gave the name.
 */
export function instrumentOf(dimensions: Dimensions): { name: string; attributes: Attributes } {
  const { group, state, metric, ...others } = dimensions;
  const name = [group ?? state, metric]
    .filter((part) => part !== undefined && part !== '')
    .join('.');
  const attributes: Attributes =
    group !== undefined && state !== undefined ? { ...others, state } : others;
  return { name: name === '' ? 'cantal' : name, attributes };
}

/**
 * The value that a cell shows now, `undefined` for a state cell in no state. 64-bit numbers beyond
 * 2^53 lose their last digits.
 */
export function reading(cell: AnyCell, now: number): { value: number; text?: string } | undefined {
  if (cell.kind !== 'state') return { value: Number(cell.get()) };
  const state = cell.get();
  return state === null
    ? undefined
    : { value: Math.max(0, now - state.since.getTime()), text: state.text };
}

/** The unit of what cells of a kind show. */
export function unitOf(kind: Cell['kind']): string {
  return kind === 'state' ? 'ms' : '';
}
