import { printable } from '../base/printable.ts';

export type Cell = string | number | undefined;
/** Puts colour around a text that has its final width. */
export type Paint = (text: string) => string;

const GAP = '  ';
/** A column that would be narrower than this is not wrapped: the terminal does it as well. */
const MIN_WRAPPED = 20;

/**
 * Lines of aligned columns under their titles; numbers to the right, absent cells as `-`. Columns
 * keep their order and titles for good: scripts cut them. `paintRow` colours a row, given its cells.
 * `width` is that of a terminal, where the last column is wrapped to it; a row is else one line.
 */
export function formatTable(
  titles: readonly string[],
  rows: readonly (readonly Cell[])[],
  paintRow?: (row: readonly Cell[]) => Paint | undefined,
  width?: number,
): string {
  const texts = rows.map((row) => titles.map((_, column) => cellText(row[column])));
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...texts.map((row) => (row[column] ?? '').length)),
  );
  const isNumber = titles.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const indent = widths.slice(0, -1).reduce((sum, each) => sum + each + GAP.length, 0);
  const lines = (cells: readonly string[]) => {
    const padded = cells
      .slice(0, -1)
      .map((cell, column) => align(cell, widths[column] ?? 0, isNumber[column] === true) + GAP);
    const last = align(cells.at(-1) ?? '', widths.at(-1) ?? 0, isNumber.at(-1) === true).trimEnd();
    return wrap(`${padded.join('')}${last}`.trimEnd(), indent, width);
  };
  const body = texts.flatMap((row, index) => lines(row).map(paintRow?.(rows[index] ?? []) ?? plain));
  return [...lines(titles), ...body].map((text) => `${text}\n`).join('');
}

/**
 * Lines of `name  value`; those without a value are left out. `width` is that of a terminal, to which
 * the values are wrapped.
 */
export function formatFacts(
  facts: readonly (readonly [name: string, value: string | undefined])[],
  width?: number,
): string {
  const nameWidth = Math.max(...facts.map(([name]) => name.length));
  return facts
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) =>
      wrap(`${name.padEnd(nameWidth)}${GAP}${printable(value ?? '')}`, nameWidth + GAP.length, width),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function align(text: string, width: number, isNumber: boolean): string {
  return isNumber ? text.padStart(width) : text.padEnd(width);
}

/** What is behind `indent` goes on in further lines there, broken at blanks. */
function wrap(line: string, indent: number, width = Number.POSITIVE_INFINITY): readonly string[] {
  const room = width - indent;
  if (line.length <= width || room < MIN_WRAPPED) return [line];
  const lines: string[] = [];
  for (const word of line.slice(indent).split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((text, index) => `${index === 0 ? line.slice(0, indent) : ' '.repeat(indent)}${text}`);
}

function cellText(cell: Cell): string {
  return cell === undefined || cell === '' ? '-' : printable(String(cell));
}

function plain(text: string): string {
  return text;
}
