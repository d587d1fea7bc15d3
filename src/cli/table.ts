import { printable } from '../base/printable.ts';

export type Cell = string | number | undefined;
/** Puts colour around a text that has its final width. */
export type Paint = (text: string) => string;

const GAP = '  ';

/**
 * Lines of aligned columns under their titles; numbers to the right, absent cells as `-`. Columns
 * keep their order and titles for good: scripts cut them. `paintRow` colours a row, given its cells.
 */
export function formatTable(
  titles: readonly string[],
  rows: readonly (readonly Cell[])[],
  paintRow?: (row: readonly Cell[]) => Paint | undefined,
): string {
  const texts = rows.map((row) => titles.map((_, column) => cellText(row[column])));
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...texts.map((row) => (row[column] ?? '').length)),
  );
  const isNumber = titles.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return isNumber[column] ? cell.padStart(width) : cell.padEnd(width);
      })
      .join(GAP)
      .trimEnd();
  const body = texts.map((row, index) => (paintRow?.(rows[index] ?? []) ?? plain)(line(row)));
  return [line(titles), ...body].map((text) => `${text}\n`).join('');
}

/** Lines of `name  value`; those without a value are left out. */
export function formatFacts(facts: readonly (readonly [name: string, value: string | undefined])[]): string {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.padEnd(width)}${GAP}${printable(value ?? '')}\n`)
    .join('');
}

function cellText(cell: Cell): string {
  return cell === undefined || cell === '' ? '-' : printable(String(cell));
}

function plain(text: string): string {
  return text;
}
