import { spawn } from 'node:child_process';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { freePort } from '../../support/servers/process.js';
import { clearLanes, type Lane, lane, makeWorkshop } from '../lanes.js';

const LAYOUT = `export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>;
}`;
const PAGE = 'export default function Page() { return <p>Orders</p>; }';
/** What `next build` is told for each bundler. */
const BUNDLERS = { Turbopack: [], webpack: ['--webpack'] };

describe('Next.js', function () {
  // webpack traces the whole workshop for the standalone output.
  this.timeout(1_800_000);
  before(makeWorkshop);
  after(clearLanes);

  for (const [bundler, options] of Object.entries(BUNDLERS)) {
    it(`stores what instrumentation.js and a route record, in a standalone server by ${bundler}`, async () => {
      const application = await lane('next');
      application.write('app/layout.js', LAYOUT);
      application.write('app/page.js', PAGE);
      const quietly = { NEXT_TELEMETRY_DISABLED: '1' };
      const said = await application.run('npx', ['next', 'build', ...options], quietly);
      expect(said.toLowerCase()).to.include(`(${bundler.toLowerCase()})`);
      await visited(application);
      const orders = application.stored().filter((name) => name === 'orders');
      expect(orders.length).to.be.within(1, 3);
      expect(application.stored().filter((name) => name === 'started')).to.have.length(1);
    });
  }
});

/** Starts the standalone server, orders three times, and waits until that is stored. */
async function visited(application: Lane): Promise<void> {
  const { folder } = await makeWorkshop();
  const standalone = join(application.folder, '.next/standalone');
  const server = join(standalone, relative(folder, application.folder), 'server.js');
  const port = await freePort();
  const METRICS_LOG = join(application.folder, 'metrics.log');
  const child = spawn(process.execPath, [server], {
    env: { ...process.env, PORT: String(port), HOSTNAME: '127.0.0.1', METRICS_LOG },
    stdio: 'ignore',
  });
  try {
    const order = (): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}/orders`, { method: 'POST' });
    await until(() =>
      order().then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    await order();
    await order();
    await until(async () => sumOf(application) === 3);
  } finally {
    child.kill('SIGKILL');
  }
}

/** The orders that were stored. */
function sumOf(application: Lane): number {
  return application
    .reports()
    .filter(({ name }) => name === 'orders')
    .reduce((sum, { value }) => sum + (value as number), 0);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await holds()); ) {
    if (Date.now() > end) throw new Error('it did not come about within a minute');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
