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

const IS_UPDATE = process.env['WEFT_UPDATE'] === '1';
const HINT = 'made anew by WEFT_UPDATE=1 npx vitest run --project netns test/netns/tour';

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
    expect(shown.length).toBeGreaterThan(20);
    expect(printed).toHaveLength(shown.length);
    const isSame = shown.map(({ output }, at) => comparable(output) === comparable(printed[at] ?? ''));
    // All of it from one run, whose random numbers fit each other.
    if (IS_UPDATE && isSame.includes(false)) writeFileSync(PAGE, withOutputs(page, printed));
    // What says the same stays as it is, so that only what differs is shown.
    const now = shown.map(({ output }, at) => (isSame[at] ? output : (printed[at] ?? '')));
    if (!IS_UPDATE) expect(withOutputs(page, now), HINT).toBe(page);
  },
  LIMIT_MS,
);

test('every block of it shows something: a command that failed in silence has no place in it', () => {
  const silent = transcripts(read(PAGE)).filter(({ said }) => said.every(({ output }) => output === ''));
  expect(silent.map(({ said }) => said[0]?.command)).toEqual([]);
});

test('its picture shows the blocks of it that are marked for it', () => {
  const marked = transcripts(read(PAGE)).filter(({ mark }) => mark === 'picture');
  const picture = terminalPicture(marked.flatMap(({ said }) => said));
  if (IS_UPDATE) writeFileSync(PICTURE, picture);
  else expect(read(PICTURE), HINT).toBe(picture);
});
