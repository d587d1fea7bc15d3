/** A terminal with transcripts in it, as SVG: readable on a light and on a dark page, since it brings its own ground. */
import type { Said } from './transcript.ts';

const COLUMNS = 124;
/** In pixels, at a font of 12 pixels. */
const COLUMN_WIDTH = 7.23;
const LINE_HEIGHT = 17;
const MARGIN = 14;
const TAB = 8;
const COLOURS = {
  ground: '#1b1f27',
  edge: '#4a5160',
  text: '#d5dae3',
  prompt: '#7fc98b',
  command: '#ffffff',
  bad: '#ff8f87',
};
/** What the command line itself prints in red on a terminal, and says in the comments of a capture. */
const BAD = /\bdrop(ped:)? [a-z-]+|(?<=> [\d.]+ {2})[a-z-]+/g;

export function terminalPicture(said: readonly Said[]): string {
  const lines = said.flatMap(linesOf).flatMap(wrapped);
  const width = Math.ceil(COLUMNS * COLUMN_WIDTH + 2 * MARGIN);
  const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
  const texts = lines.map((line, at) => {
    const y = MARGIN + (at + 0.75) * LINE_HEIGHT;
    return `<text x="${MARGIN}" y="${y}">${line.map(spanText).join('')}</text>\n`;
  });
  // Both `white-space` and `xml:space`: each is what some programs go by.
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="a terminal with the commands of docs/tour.md">
<style>
text { font: 12px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: ${COLOURS.text}; white-space: pre; }
.prompt { fill: ${COLOURS.prompt}; }
.command { fill: ${COLOURS.command}; font-weight: bold; }
.bad { fill: ${COLOURS.bad}; }
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="7" fill="${COLOURS.ground}" stroke="${COLOURS.edge}"/>
<g xml:space="preserve">
${texts.join('')}</g>
</svg>
`;
}

interface Span {
  readonly text: string;
  readonly class?: 'prompt' | 'command' | 'bad';
}

function linesOf({ command, output }: Said): Span[][] {
  const [first = '', ...continued] = command.split('\n');
  const typed: Span[][] = [
    [
      { text: '$ ', class: 'prompt' },
      { text: first, class: 'command' },
    ],
    ...continued.map((text): Span[] => [{ text, class: 'command' }]),
  ];
  return [...typed, ...output.split('\n').slice(0, -1).map(coloured)];
}

function coloured(line: string): Span[] {
  const text = withoutTabs(line);
  const found = [...text.matchAll(BAD)];
  const spans = found.map((match, at): Span[] => {
    const before = found[at - 1];
    const from = before === undefined ? 0 : before.index + before[0].length;
    return [{ text: text.slice(from, match.index) }, { text: match[0], class: 'bad' }];
  });
  const last = found.at(-1);
  return [...spans.flat(), { text: text.slice(last === undefined ? 0 : last.index + last[0].length) }];
}

function withoutTabs(line: string): string {
  const [first = '', ...rest] = line.split('\t');
  return rest.reduce((text, field) => text.padEnd((Math.floor(text.length / TAB) + 1) * TAB) + field, first);
}

/** As a terminal does it: wherever the line is full. */
function wrapped(spans: readonly Span[]): Span[][] {
  const lines: Span[][] = [[]];
  let free = COLUMNS;
  for (const span of spans) {
    for (let rest = span.text; rest !== ''; ) {
      if (free === 0) {
        lines.push([]);
        free = COLUMNS;
      }
      const text = rest.slice(0, free);
      lines.at(-1)?.push({ ...span, text });
      free -= text.length;
      rest = rest.slice(text.length);
    }
  }
  return lines;
}

function spanText(span: Span): string {
  const text = span.text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return span.class === undefined ? text : `<tspan class="${span.class}">${text}</tspan>`;
}
