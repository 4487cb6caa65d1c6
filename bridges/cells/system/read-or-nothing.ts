import { readdirSync, readFileSync } from 'node:fs';

/** The names in a directory; none when it is gone, or not ours to see. */
export function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** The text of a file; empty when its process ended meanwhile, or it is not ours to see. */
export function read(path: string, encoding: 'latin1' | 'utf8' = 'latin1'): string {
  try {
    return readFileSync(path, encoding);
  } catch {
    return '';
  }
}
