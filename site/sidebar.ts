import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENTRY_POINTS } from '../entry-points.js';
import { ROOT } from './places.js';

interface Item {
  text: string;
  link: string;
}
interface Group {
  text: string;
  collapsed?: boolean;
  items: Item[];
}

/** The groups of docs/README.md, and the reference. */
export function sidebar(): Group[] {
  const contents = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
  const groups = contents.split(/^## /m).slice(1).map(groupOf);
  return [...groups, reference()];
}

function groupOf(section: string): Group {
  const items = section.matchAll(/^- \[([^\]]+)\]\((?:\.\.\/)?([^)]+)\.md\)/gm);
  return {
    text: section.slice(0, section.indexOf('\n')),
    items: [...items].map(([, text, path]) => ({ text: text!, link: `/${path!.toLowerCase()}` })),
  };
}

function reference(): Group {
  const items = Object.keys(ENTRY_POINTS).map((entry) => {
    const specifier = entry === 'index' ? 'kaneda-otel' : `kaneda-otel/${entry}`;
    return { text: specifier, link: `/reference/${specifier}` };
  });
  return { text: 'API reference', collapsed: true, items };
}
