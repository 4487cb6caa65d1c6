const ESCAPE = '\u001b[';

/** Cuts a line to a width on the screen: colours take none of it. */
export function clip(line: string, columns: number): string {
  if (line.length <= columns) return line;
  let width = 0;
  let kept = '';
  for (let i = 0; i < line.length; ) {
    if (line.startsWith(ESCAPE, i)) {
      const end = line.indexOf('m', i) + 1;
      kept += line.slice(i, end);
      i = end;
    } else {
      const character = String.fromCodePoint(line.codePointAt(i)!);
      if (++width <= columns) kept += character;
      i += character.length;
    }
  }
  return kept;
}
