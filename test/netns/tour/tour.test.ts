/** The transcripts of docs/tour.md are what their commands print; with WEFT_UPDATE=1 they are made so. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { comparable } from '../../kit/tour/comparable.ts';
import { runCommands } from '../../kit/tour/run-commands.ts';
import { terminalPicture } from '../../kit/tour/terminal-picture.ts';
import { transcripts, withOutputs } from '../../kit/tour/transcript.ts';

const PAGE = fileURLToPath(new URL('../../../docs/tour.md', import.meta.url));
const PICTURE = fileURLToPath(new URL('../../../docs/pictures/tour.svg', import.meta.url));
const LIMIT_MS = 150_000;

/** Writes the file where that was asked for, else compares it. */
function expectFile(path: string, text: string): void {
  if (process.env['WEFT_UPDATE'] === '1') writeFileSync(path, text);
  else expect(text, 'made anew by WEFT_UPDATE=1 npx vitest run --project netns test/netns/tour').toBe(read(path));
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

test(
  'docs/tour.md shows what its commands print',
  async () => {
    const page = read(PAGE);
    const shown = transcripts(page).flatMap(({ said }) => said);
    const printed = await runCommands(
      shown.map(({ command }) => command),
      LIMIT_MS - 5_000,
    );
    // What says the same stays as it is, so that a difference is one, and an update changes nothing else.
    const outputs = shown.map(({ output }, at) => {
      const now = printed[at] ?? '(the shell ended before)\n';
      return comparable(now) === comparable(output) ? output : now;
    });
    expectFile(PAGE, withOutputs(page, outputs));
  },
  LIMIT_MS,
);

test('its picture shows the blocks of it that are marked for it', () => {
  const marked = transcripts(read(PAGE)).filter(({ mark }) => mark === 'picture');
  expectFile(PICTURE, terminalPicture(marked.flatMap(({ said }) => said)));
});
