import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const legacy = (file: string): string =>
  fileURLToPath(new URL(`../../../types/legacy/${file}`, import.meta.url));

describe("timed with TypeScript's older decorators", () => {
  it('times methods and statics, named by the class that declares them', async () => {
    const environment = { ...process.env, TSX_TSCONFIG_PATH: legacy('tsconfig.json') };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import=tsx', legacy('program.ts')],
      { env: environment },
    );
    expect(JSON.parse(stdout)).to.deep.equal({
      ordered: '3 plum',
      names: ['Shop.open', 'Shop.order', 'shop.close'],
    });
  });
});
