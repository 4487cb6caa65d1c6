import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { deadLinks } from '../../../site/links.js';
import { temporaryFolder } from '../../support/servers/process.js';

describe('the check of the links of the site', () => {
  let site: string;
  beforeEach(() => {
    site = temporaryFolder('site');
    mkdirSync(join(site, 'stores'), { recursive: true });
  });
  afterEach(() => rmSync(site, { recursive: true }));

  const write = (page: string, html: string) => writeFileSync(join(site, page), html);

  it('finds pages, anchors and pictures that are missing', () => {
    write('guide.html', '<h2 id="handles" tabindex="-1">Handles</h2>');
    write(
      'stores/mongodb.html',
      '<a href="../guide">a</a> <a href="../guide#handles">b</a> <a class="x" href="../guide#none">c</a> <a href="#here">d</a> <a href="redis">e</a> <img src="../images/none.png" alt="f">',
    );
    expect(deadLinks(site, '/')).to.deep.equal(
      ['../guide#none', '#here', 'redis', '../images/none.png'].map((link) => ({
        page: 'stores/mongodb.html',
        link,
      })),
    );
  });

  it('follows links from the root only below the base, and leaves other sites alone', () => {
    write('index.html', '<a href="/docs/guide">a</a> <a href="/guide">b</a> <a href="//c">c</a>');
    write('guide.html', '<a href="https://example.com/none">d</a> <a href="mailto:e">e</a>');
    expect(deadLinks(site, '/docs/')).to.deep.equal([{ page: 'index.html', link: '/guide' }]);
  });
});
