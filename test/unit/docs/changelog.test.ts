import { readFileSync } from 'node:fs';
import { expect } from 'chai';

const changelog = readFileSync(new URL('../../../CHANGELOG.md', import.meta.url), 'utf8');
const { version } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
) as { version: string };

describe('The changelog', () => {
  it('has a section for each version, the newest first, and one for what is not released', () => {
    const headings = changelog.match(/^## .*/gm)!;
    expect(headings[0]).to.equal('## [Unreleased]');
    const released = headings.slice(1);
    for (const heading of released)
      expect(heading).to.match(/^## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/);
    if (released.length > 0) expect(released[0]).to.include(`[${version}]`);
  });

  it('sorts changes under the headings of Keep a Changelog', () => {
    for (const heading of changelog.match(/^### .*/gm)!)
      expect(heading).to.match(/^### (Added|Changed|Deprecated|Removed|Fixed|Security)$/);
  });
});
