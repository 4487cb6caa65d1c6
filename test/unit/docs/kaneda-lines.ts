import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../../docs/from-kaneda.md', import.meta.url));

/** Lines of Kaneda's logger, without the time and the host. */
export function withoutMoment(lines: string): string {
  const time = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - /gm;
  return lines.replace(time, 'TIME - ').replace(/(?<='host': ')[^']*/g, 'HOST');
}

/** The page's programs in Python, and what each prints. */
export async function pythonPrograms(): Promise<{ source: string; prints: string }[]> {
  const blocks = (await readFile(PAGE, 'utf8')).matchAll(
    /^```python\n(.*?)^```\n\n```text\n(.*?)^```\n/gms,
  );
  return [...blocks].map(([, source, prints]) => ({ source: source!, prints: prints! }));
}
