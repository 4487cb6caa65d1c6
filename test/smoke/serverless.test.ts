import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { clearLanes, type Lane, lane, makeWorkshop } from './lanes.js';

/** Calls the handler once for each line that it is given, and answers with a line, as a platform's runtime does. */
const RUNTIME = `
import { createInterface } from 'node:readline';
import { handler } from './handler.mjs';
for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await handler(JSON.parse(line))));
`;

describe('a handler that is frozen between its calls', function () {
  this.timeout(120_000);
  let made: Lane;
  let child: ChildProcess;
  before(async () => {
    await makeWorkshop();
    made = await lane('lambda');
    made.write('runtime.mjs', RUNTIME);
    child = spawn(process.execPath, ['runtime.mjs'], { cwd: made.folder, stdio: 'pipe' });
  });
  after(async () => {
    child?.kill('SIGKILL');
    await clearLanes();
  });

  it('has stored what each call recorded when the call ends', async () => {
    const answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    for (let call = 1; call <= 3; call++) {
      child.kill('SIGCONT');
      child.stdin!.write(`${JSON.stringify({ shop: `s${call}` })}\n`);
      const { value } = await answers.next();
      child.kill('SIGSTOP');
      expect(JSON.parse(value as string)).to.deep.equal({ statusCode: 200 });
      expect(made.stored()).to.deep.equal(Array(call).fill('orders'));
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(made.reports().map(({ value }) => value)).to.deep.equal([1, 1, 1]);
  });
});
