import type { Argument, Command, Option } from 'commander';
import { commandText, paragraphs } from '../describe-command.ts';
import { bold, italic, joinParagraphs, literal, prose } from './roff.ts';

type Entry = readonly [term: string, meaning: string];

/** `weft lab up`, say. */
export function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}

/** The command with all that it takes: what may be left out in brackets. */
export function synopsis(command: Command): string {
  const options = command.options.filter((option) => !option.hidden).map(optionSynopsis);
  return [bold(commandPath(command)), ...options, ...command.registeredArguments.map(argumentSynopsis)].join(' ');
}

/** What the command does, as a sentence, and the rest of its prose. */
export function commandProse(command: Command): readonly string[] {
  const about = paragraphs(commandText(command)?.about ?? '');
  return joinParagraphs([
    [prose(`${upperFirst(command.description())}.`)],
    ...about.map((paragraph) => (paragraph.startsWith(' ') ? literal(paragraph) : [prose(paragraph)])),
  ]);
}

export function argumentEntries(command: Command): readonly Entry[] {
  const help = command.createHelp();
  return command.registeredArguments.map((argument) => [
    italic(argument.name()),
    prose(help.argumentDescription(argument)),
  ]);
}

/** Those of the command's options that are wanted. */
export function optionEntries(command: Command, isWanted: (option: Option) => boolean = () => true): readonly Entry[] {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .filter(isWanted)
    .map((option) => [
      option.flags
        .split(/(, | )/)
        .map(flagPart)
        .join(''),
      prose(help.optionDescription(option)),
    ]);
}

function optionSynopsis(option: Option): string {
  const [flag = '', value] = option.flags.split(', ').at(-1)?.split(' ') ?? [];
  const words = [bold(flag), ...(value === undefined ? [] : [flagPart(value)])].join(' ');
  return option.mandatory ? words : `[${words}]`;
}

function argumentSynopsis(argument: Argument): string {
  const words = `${italic(argument.name())}${argument.variadic ? ' ...' : ''}`;
  return argument.required ? words : `[${words}]`;
}

/** One word of an option's flags, or what is between two of them. */
function flagPart(part: string): string {
  if (part.startsWith('-')) return bold(part);
  if (part.startsWith('<')) return italic(part.slice(1, -1));
  return part.startsWith('[') ? `[${italic(part.slice(1, -1))}]` : part;
}

function upperFirst(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
