import type { Argument, Command, Option } from 'commander';
import { findCommand } from '../help-command.ts';
import { type CursorPlace, cursorPlace } from './cursor-place.ts';

export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** Words that may stand at the cursor, or what the shell itself knows best. */
export type Completion = readonly Candidate[] | 'files' | 'folders';

/** Finds the values of an option or an argument that is not of a closed set. */
export type FindValues = (wanted: Option | Argument, place: CursorPlace) => Promise<Completion>;

/** Candidates that a shell is given at once. */
const MAX_CANDIDATES = 1000;
/** What a daemon names goes onto a command line: nothing there that a shell would read as its own. */
const SAFE = /^[A-Za-z0-9_.,:@%+=/-]+$/;

/** What may stand at the cursor: `words` are those after `weft`, the last one (it may be empty) at the cursor. */
export async function completeWords(
  program: Command,
  words: readonly string[],
  findValues: FindValues,
): Promise<Completion> {
  if (words[0] === 'help' && words.length > 1) return fitting(namedCommands(program, words), words.at(-1) ?? '');
  const place = cursorPlace(program, words);
  const found = await candidates(place, findValues);
  if (typeof found === 'string') return found;
  const safe = found.filter(({ value }) => SAFE.test(value));
  return fitting(safe, place.begun).map((candidate) => ({ ...candidate, value: `${place.kept}${candidate.value}` }));
}

async function candidates(place: CursorPlace, findValues: FindValues): Promise<Completion> {
  const { command, value, isOptionPlace, begun } = place;
  if (isOptionPlace && begun.startsWith('-')) return optionNames(place);
  if (value?.argChoices !== undefined) return value.argChoices.map((choice) => ({ value: choice }));
  if (value !== undefined) return findValues(value, place);
  if (command.commands.length > 0) return place.operands.length > 0 ? [] : commandNames(command);
  return isOptionPlace ? optionNames(place) : [];
}

function namedCommands(program: Command, words: readonly string[]): readonly Candidate[] {
  const path = words.slice(1, -1);
  const { command, named } = findCommand(program, path);
  return named.length === path.length ? commandNames(command) : [];
}

function commandNames(command: Command): readonly Candidate[] {
  const known = command.createHelp().visibleCommands(command);
  return known.map((inner) => ({ value: inner.name(), description: inner.description() }));
}

/** A switch is not offered again. */
function optionNames({ command, given }: CursorPlace): readonly Candidate[] {
  const known = command.createHelp().visibleOptions(command);
  return known.flatMap(({ long, description, required, optional }) => {
    const isDone = long === undefined || (given.has(long) && !required && !optional);
    return isDone ? [] : [{ value: long, description }];
  });
}

function fitting(known: readonly Candidate[], begun: string): readonly Candidate[] {
  return known.filter(({ value }) => value.startsWith(begun)).slice(0, MAX_CANDIDATES);
}
