import { expect } from 'chai';
import type { BoardData } from '../../src/cli/board/protocol.js';
import { until } from '../support/until.js';
import type { Reader } from './reader.js';

/** Starts the board by the page's command and waits until it shows a metric. */
export async function boardShows(name: string, command: string, reader: Reader): Promise<void> {
  await reader.watch.step(command, async () => {
    const board = reader.start(command, '--port 0');
    const [address] = await board.printed(/http:\/\/127\.0\.0\.1:\d+\//);
    expect(await (await fetch(address)).text()).to.include('<html');
    await until(async () => {
      const data = (await (await fetch(`${address}data?range=all`)).json()) as BoardData;
      return data.metrics.some((metric) => metric.name === name);
    });
    await board.end();
  });
}
