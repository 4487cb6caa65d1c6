import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

/** A link of a built page that leads nowhere. */
export interface DeadLink {
  readonly page: string;
  readonly link: string;
}

/** Finds the links and pictures of a built site whose page, file or anchor is missing. */
export function deadLinks(site: string, base: string): DeadLink[] {
  const pages = (readdirSync(site, { recursive: true }) as string[]).filter(
    (name) => name.endsWith('.html') && name !== '404.html',
  );
  const anchors = new Map(pages.map((page) => [page, anchorsOf(join(site, page))]));
  const leads = (page: string, link: string): boolean => {
    const { pathname, hash } = new URL(link, `http://site${base}${page}`);
    if (!pathname.startsWith(base)) return false;
    const file = fileOf(site, decodeURIComponent(pathname.slice(base.length)));
    if (file === undefined) return false;
    const found = anchors.get(file);
    return hash === '' || found === undefined || found.has(decodeURIComponent(hash.slice(1)));
  };
  return pages.flatMap((page) =>
    linksOf(join(site, page))
      .filter((link) => !leads(page, link))
      .map((link) => ({ page, link })),
  );
}

/** Returns the file that a server gives for a path: itself, with .html, or the folder's index. */
function fileOf(site: string, path: string): string | undefined {
  const candidates = [path, `${path}.html`, posix.join(path, 'index.html')];
  return candidates.find(
    (name) => existsSync(join(site, name)) && statSync(join(site, name)).isFile(),
  );
}

function anchorsOf(file: string): Set<string> {
  const html = readFileSync(file, 'utf8');
  return new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => unescaped(id!)));
}

/** Returns the links within the site, each one once. */
function linksOf(file: string): string[] {
  const html = readFileSync(file, 'utf8');
  const links = [...html.matchAll(/<(?:a|img)\s[^>]*?\b(?:href|src)="([^"]*)"/g)];
  const inside = links
    .map(([, link]) => unescaped(link!))
    .filter((link) => !/^[a-z]+:|^\/\//.test(link));
  return [...new Set(inside)];
}

function unescaped(text: string): string {
  return text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");
}
