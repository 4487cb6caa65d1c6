import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { developedWith, install, node, pack, project, ROOT } from './project.js';

describe('the page for those who come from StatsD', function () {
  this.timeout(300_000);

  it('shows two programs that print what it says, with hot-shots and the packed tarball', async () => {
    const { tarball } = await pack();
    const folder = await project(
      tarball,
      ...developedWith(
        '@opentelemetry/api',
        '@opentelemetry/sdk-metrics',
        '@opentelemetry/sdk-logs',
      ),
    );
    // Its optional part would be compiled.
    await install(folder, 'hot-shots@17', '--omit=optional');
    const page = readFileSync(join(ROOT, 'docs/coming-from/statsd.md'), 'utf8');
    const programs = [...page.matchAll(/<!-- (\S+) -->\n```js\n(.*?)```\n\n```text\n(.*?)```/gs)];
    expect(programs).to.have.length(2);
    for (const [, file, source, prints] of programs) {
      writeFileSync(join(folder, file!), source!);
      expect(await node(folder, file!), file).to.equal(prints);
    }
  });
});
