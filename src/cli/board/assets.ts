import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
};

/** Returns the folder of the package's built page. */
export function builtPage(): string {
  const manifest = createRequire(import.meta.url).resolve('kaneda-otel/package.json');
  return join(dirname(manifest), 'dist', 'board');
}

/**
 * Reads the files of the page.
 * @param folder of the built page.
 * @returns each file by the path of its URL. Rejects with the file system's error when one is
 * missing.
 */
export async function loadAssets(folder: string): Promise<ReadonlyMap<string, Asset>> {
  const entries = Object.entries(FILES).map(
    async ([path, [file, type]]): Promise<[string, Asset]> => [
      path,
      { type, body: await readFile(join(folder, file)) },
    ],
  );
  return new Map(await Promise.all(entries));
}
