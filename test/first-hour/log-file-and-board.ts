import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { BoardData } from '../../src/cli/board/protocol.js';
import { Example, tarball } from '../smoke/example.js';
import { until } from '../support/until.js';
import { Page } from './page.js';
import type { Task } from './tasks.js';

/** The README's own versions for Node 20. */
function installLine(readme: Page, packed: string): string {
  const packages = '@opentelemetry/api @opentelemetry/sdk-metrics @opentelemetry/sdk-logs';
  const line = readme.command(`npm install kaneda-otel ${packages}`).replace('kaneda-otel', packed);
  if (Number.parseInt(process.versions.node, 10) >= 22) return line;
  return line.replace('sdk-metrics', 'sdk-metrics@2').replace('sdk-logs', 'sdk-logs@0.223');
}

/** The README, from its first line to the board. */
export const logFileAndBoard: Task = {
  name: 'numbers in a log file and on the board',
  minutes: 5,
  async run(watch, started) {
    const readme = new Page('README.md');
    const place = started.example(Example.empty('first'));
    await watch.step('npm install', async () => place.run(installLine(readme, await tarball())));
    await watch.step('kaneda demo', async () => {
      const shown = await place.run(readme.command('npx -p kaneda-otel kaneda demo'));
      expect(shown).to.match(/stored/);
    });
    writeFileSync(join(place.folder, 'first.mjs'), readme.program('js'));
    await watch.step('the first program', async () => {
      expect(await place.run('node first.mjs')).to.equal(readme.program('text'));
      expect(place.total('user.signup', { plan: 'free' })).to.equal(1);
      expect(place.total('page.load')).to.equal(1);
    });
    await watch.step('kaneda report', async () => {
      expect(await place.run('npx kaneda report metrics.log')).to.match(/user\.signup/);
    });
    await watch.step('kaneda board', async () => {
      // Without npx between, which would leave it running when it is killed.
      const board = place.launch('kaneda board metrics.log --port 0');
      const [address] = await board.printed(/http:\/\/127\.0\.0\.1:\d+\//);
      expect(await (await fetch(address)).text()).to.include('<html');
      const names = async (): Promise<string[]> => {
        const data = (await (await fetch(`${address}data?range=all`)).json()) as BoardData;
        return data.metrics.map(({ name }) => name);
      };
      await until(async () => (await names()).includes('user.signup'));
    });
  },
};
