import { expect } from 'chai';
import { boardShows } from './board-of.js';
import { Page } from './page.js';
import type { Task } from './tasks.js';

/** The README, from its first line to the board. */
export const logFileAndBoard: Task = {
  name: 'numbers in a log file and on the board',
  minutes: 5,
  async run(watch, started) {
    const first = new Page('README.md').section('# kaneda-otel');
    const reader = started.reader('first', watch);
    const board = first.command('npx kaneda board');
    reader.write(first);
    const printed = await reader.run(
      first,
      first.commands.filter((command) => command !== board),
    );
    const [demo, program, report] = printed.slice(-3);
    expect(demo).to.match(/^stored in /m);
    expect(first.prints).to.include(program);
    expect(report).to.match(/user\.signup .* 1 /);
    expect(reader.place.total('user.signup', { plan: 'free' })).to.equal(1);
    expect(reader.place.total('page.load')).to.equal(1);
    await boardShows('page.load', board, reader);
  },
};
