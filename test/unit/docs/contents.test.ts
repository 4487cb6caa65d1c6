import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect } from 'chai';

const read = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

describe("the documentation's table of contents", () => {
  it('lists every page once, since the site makes its sidebar of it', () => {
    const contents = read('docs/README.md');
    const links = [...contents.matchAll(/^- \[[^\]]+\]\(([^)]+)\)/gm)].map(([, path]) => path!);
    const listed = links.map((path) => posix.join('docs', path));
    const pages = (
      readdirSync(new URL('../../../docs', import.meta.url), { recursive: true }) as string[]
    )
      .filter((name) => name.endsWith('.md') && name !== 'README.md')
      .map((name) => `docs/${name}`);
    expect(listed.filter((path) => path.startsWith('docs/')).sort()).to.deep.equal(pages.sort());
  });
});

const { peerDependencies, peerDependenciesMeta } = JSON.parse(read('package.json')) as {
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, unknown>;
};

describe('the README', () => {
  /** They come with what needs them: a NestJS application, OpenTelemetry's SDK for logs. */
  const COMES_ALONG = new Set(['@nestjs/common', '@opentelemetry/api-logs']);
  const commands = read('README.md')
    .match(/npm install [^`\n]+/g)!
    .join(' ');

  for (const name of Object.keys(peerDependenciesMeta).filter((peer) => !COMES_ALONG.has(peer)))
    it(`has a command that installs ${name}, with a version`, () =>
      expect(commands).to.match(new RegExp(`[ "]${name}@[<>]*=?\\d`)));
});

describe('the page of versions', () => {
  const page = read('docs/versions.md');

  for (const [name, range] of Object.entries(peerDependencies))
    it(`names ${name} with the range of package.json`, () => {
      const rows = page.match(/^\|.*/gm)!.filter((row) => row.includes(`\`${name}\``));
      expect(rows).to.have.length.above(0);
      for (const row of rows) expect(row.replaceAll('\\|', '|')).to.include(`\`${range}\``);
    });
});
