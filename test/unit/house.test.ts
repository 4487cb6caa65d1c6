import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['src', 'bridges', 'exporters'];
const MAX_LINES = 300;

async function sources(folder: string): Promise<string[]> {
  const names = await readdir(join(ROOT, folder), { recursive: true });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}

describe('the house', () => {
  it('has no source file over 300 lines', async () => {
    const files = (await Promise.all(FOLDERS.map(sources))).flat();
    expect(files.length).to.be.above(100);
    const lengths = await Promise.all(
      files.map(async (file) => {
        const lines = (await readFile(join(ROOT, file), 'utf8')).trimEnd().split('\n').length;
        return { file, lines };
      }),
    );
    expect(lengths.filter(({ lines }) => lines > MAX_LINES)).to.deep.equal([]);
  });
});
