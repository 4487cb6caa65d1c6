import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const legacy = (file: string): string =>
  fileURLToPath(new URL(`../../../types/legacy/${file}`, import.meta.url));

async function printed(program: string): Promise<unknown> {
  const environment = { ...process.env, TSX_TSCONFIG_PATH: legacy('tsconfig.json') };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import=tsx', legacy(program)],
    { env: environment },
  );
  return JSON.parse(stdout);
}

describe("timed with TypeScript's older decorators", () => {
  it('times methods and statics, named by the class that declares them', async () => {
    expect(await printed('program.ts')).to.deep.equal({
      ordered: '3 plum',
      names: ['Shop.open', 'Shop.order', 'shop.close'],
    });
  });

  it('leaves NestJS its routes, guards, roles, status codes and headers, in every order', async () => {
    const answer = (text: string, length: number) => ({
      statuses: [403, 202],
      text,
      header: 'open',
      method: [text, length, 'kept'],
    });
    expect(await printed('nest.ts')).to.deep.equal({
      answers: {
        above: answer('above', 0),
        between: answer('between', 0),
        below: answer('below', 2),
        twice: answer('twice', 0),
      },
      names: ['orders.above', 'orders.below', 'orders.between', 'orders.inner', 'orders.outer'],
    });
  });
});
