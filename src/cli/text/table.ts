import { stripVTControlCharacters } from 'node:util';

/**
 * Rows as lines of aligned columns, two spaces apart. The first column is aligned to the left, the
 * others, which hold numbers, to the right. Colours do not count as width.
 */
export function table(rows: readonly (readonly string[])[]): string[] {
  const width = (cell: string): number => stripVTControlCharacters(cell).length;
  const widths = rows.reduce<number[]>((widest, row) => {
    row.forEach((cell, column) => {
      widest[column] = Math.max(widest[column] ?? 0, width(cell));
    });
    return widest;
  }, []);
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const gap = ' '.repeat(widths[column]! - width(cell));
        return column === 0 ? cell + gap : gap + cell;
      })
      .join('  ')
      .trimEnd(),
  );
}
