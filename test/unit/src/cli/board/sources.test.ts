import { join } from 'node:path';
import { expect } from 'chai';
import { sourceOf } from '../../../../../src/cli/board/sources.js';
import { temporaryFolder } from '../../../../support/servers/process.js';

describe('the source of the board', () => {
  const before = { ...process.env };
  afterEach(() => {
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, before);
  });

  it("tells why a log file of the settings is not read if it is in Kaneda's format", async () => {
    Object.assign(process.env, {
      KANEDA_BACKEND: 'logger',
      KANEDA_LOGGER_FILENAME: join(temporaryFolder('board'), 'metrics.log'),
      KANEDA_LOGGER_FORMAT: 'kaneda',
    });
    const source = await sourceOf(undefined);
    const { signal } = new AbortController();
    try {
      expect(() => source.reader().read(undefined, signal)).to.throw(/LOGGER_FORMAT/);
    } finally {
      await source.close();
    }
  });

  it('is no directory, and no file that is not there', async () => {
    const place = temporaryFolder('board');
    for (const [path, words] of [
      [place, 'is a directory: name a log file'],
      [join(place, 'gone.log'), 'there is no file'],
    ] as const) {
      const failure = await sourceOf(path).catch((error: Error) => error);
      expect(failure).to.be.instanceOf(Error).with.property('message').that.includes(words);
    }
  });
});
