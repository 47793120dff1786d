import { bold } from './output.js';

export type Alignment = 'left' | 'right';

/**
 * Returns `rows` as aligned columns under a bold header line, two spaces apart, without a final line break.
 *
 * @param columns each column's title and alignment
 */
export function tableText(
  columns: readonly (readonly [title: string, alignment: Alignment])[],
  rows: readonly (readonly string[])[],
): string {
  const widths = columns.map(([title], index) =>
    Math.max(title.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(([, alignment], index) => {
        const cell = cells[index] ?? '';
        return alignment === 'left' ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!);
      })
      .join('  ')
      .trimEnd();
  return [bold(line(columns.map(([title]) => title))), ...rows.map(line)].join('\n');
}
