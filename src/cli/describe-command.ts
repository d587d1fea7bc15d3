import type { Command } from 'commander';
import { EXIT, type ExitMeanings } from './exit-status.ts';

/** What the help of a command and its page of the manual say beyond its arguments and options. */
export interface CommandText {
  /**
   * Prose. An empty line ends a paragraph; where a line breaks inside one has no meaning, and
   * a paragraph whose lines are indented stays as it is. Code stands between backquotes.
   */
  readonly about?: string;
  /** Whole command lines, the simplest first. */
  readonly examples: readonly string[];
  /** Only those that mean more here than what they mean for every command. */
  readonly exitStatuses?: ExitMeanings;
}

/** Columns of the help where its reader is no terminal. */
const USUAL_WIDTH = 80;

const texts = new WeakMap<Command, CommandText>();

/** Adds the text to the command's help and to the manual; returns the command. */
export function describeCommand(command: Command, text: CommandText): Command {
  texts.set(command, text);
  return command.addHelpText('after', () => helpText(command, text));
}

export function commandText(command: Command): CommandText | undefined {
  return texts.get(command);
}

/** Paragraphs of `about`; those that are indented keep their lines. */
export function paragraphs(about: string): readonly string[] {
  const parts = about.replace(/^\n+|\s+$/g, '').split(/\n{2,}/);
  return parts.filter((part) => part !== '').map((part) => (part.startsWith(' ') ? part : part.replace(/\n/g, ' ')));
}

/** Pairs of status and meaning, in the order of the numbers. */
export function exitStatusRows(meanings: ExitMeanings): readonly (readonly [status: number, meaning: string])[] {
  return Object.entries(EXIT).flatMap(([name, status]) => {
    const meaning = meanings[name as keyof typeof EXIT];
    return meaning === undefined ? [] : [[status, meaning] as const];
  });
}

function helpText(command: Command, { about = '', examples, exitStatuses = {} }: CommandText): string {
  const help = command.createHelp();
  const width = command.configureOutput().getOutHelpWidth?.() ?? USUAL_WIDTH;
  const prose = paragraphs(about).map((paragraph) => help.boxWrap(paragraph, width));
  const statuses = exitStatusRows(exitStatuses).map(([status, meaning]) =>
    `  ${status}  ${help.boxWrap(meaning, width - 5)}`.replace(/\n/g, '\n     '),
  );
  const sections = [
    ...prose,
    ...(statuses.length === 0 ? [] : [`Exit status:\n${statuses.join('\n')}`]),
    `Examples:\n${examples.map((example) => `  ${example}`).join('\n')}`,
  ];
  return `\n${sections.join('\n\n')}`;
}
