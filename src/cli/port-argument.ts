import { InvalidArgumentError } from 'commander';

/** Reads the value of a `--port`. @throws InvalidArgumentError unless it is a port, 0 to 65535. */
export function portArgument(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('A port, 0 to 65535.');
  return value;
}
