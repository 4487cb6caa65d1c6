import { instrumentOf } from '../../../bridges/cell-instruments.js';
import type { ProcessMetric, ProcessValue } from '../../../bridges/observe-processes.js';
import { lastsText } from './lasts-text.js';

/**
 * Text from another process's file, made safe to print: its writer must not control the terminal.
 */
export function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, '\ufffd');
}

/** A metric's name as an OpenTelemetry instrument, with its other dimensions behind. */
export function nameOf(dimensions: ProcessMetric['dimensions']): string {
  const { name, attributes } = instrumentOf(dimensions);
  const others = Object.entries(attributes).map(([key, value]) => `${key}=${String(value)}`);
  return printable(others.length > 0 ? `${name} {${others.join(', ')}}` : name);
}

/** The end of a process's line: the number of its values that cannot be shown, if there are any. */
export function notShown(skipped = 0): string {
  return skipped > 0 ? `, ${skipped} not shown` : '';
}

/** A value in a few characters. `now`: milliseconds since the epoch, for how long a state lasts. */
export function valueText(value: ProcessValue, now: number): string {
  if (typeof value !== 'object') return String(value);
  if (value.since === null) return '-';
  return `${printable(value.text)} for ${lastsText(now - value.since.getTime())}`;
}
