import type { Command } from 'commander';
import { commandText, exitStatusRows } from '../describe-command.ts';
import { COMMON_VARIABLES, ENVIRONMENT_VARIABLES } from '../environment-variables.ts';
import { ALL_EXITS, COMMON_EXITS } from '../exit-status.ts';
import { argumentEntries, commandPath, commandProse, optionEntries, synopsis } from './command-parts.ts';
import { bold, definitions, joinParagraphs, literal, plain, prose, section, subsection } from './roff.ts';

export interface ManualPage {
  /** Of its file, such as `weft-apply.1`. */
  readonly name: string;
  /** In man(7). */
  readonly text: string;
}

export interface ManualEdition {
  readonly version: string;
  /** Year, month and day: `2026-01-31`. */
  readonly date: string;
}

/** A page for the program and one for each of its commands, which has those inside it. */
export function manualPages(program: Command, edition: ManualEdition): readonly ManualPage[] {
  const commands = program.createHelp().visibleCommands(program);
  const pages = commands.filter((command) => command.name() !== 'help').map(commandSections);
  const names = pages.map(({ name }) => name);
  return [{ name: program.name(), lines: programSections(program, names) }, ...pages].map(({ name, lines }) => ({
    name: `${name}.1`,
    text: [heading(name, edition), ...lines, ...section('SEE ALSO', [seeAlso(name, names, lines)]), ''].join('\n'),
  }));
}

function heading(name: string, { version, date }: ManualEdition): string {
  return `.TH ${plain(name.toUpperCase())} 1 ${date} "Netweft ${plain(version)}" "Netweft manual"`;
}

function programSections(program: Command, names: readonly string[]): readonly string[] {
  const commands = program.createHelp().visibleCommands(program);
  const entries = commands
    .filter((command) => names.includes(pageName(command)))
    .map((command) => [reference(pageName(command)), prose(command.description())] as const);
  return [
    ...section('NAME', [nameLine(program)]),
    ...section('SYNOPSIS', [`${bold(program.name())} \\fIcommand\\fP [\\fIargument\\fP ...]`]),
    ...section('DESCRIPTION', commandProse(program)),
    ...section('COMMANDS', definitions(entries)),
    ...section('OPTIONS', definitions(optionEntries(program))),
    ...statusSection(program),
    ...environmentSection([...ENVIRONMENT_VARIABLES.keys()]),
    ...exampleSection([program]),
  ];
}

function commandSections(command: Command): { readonly name: string; readonly lines: readonly string[] } {
  const inner = innerCommands(command);
  const all = [command, ...inner];
  const lines = [
    ...section('NAME', [nameLine(command)]),
    ...section('SYNOPSIS', joinParagraphs((inner.length === 0 ? all : inner).map((one) => [synopsis(one)]))),
    ...section('DESCRIPTION', commandProse(command)),
    ...section('COMMANDS', inner.flatMap(innerSection)),
    ...section('ARGUMENTS', definitions(argumentEntries(command))),
    ...section('OPTIONS', definitions(optionEntries(command))),
    ...statusSection(command),
    ...environmentSection(variablesOf(all)),
    ...exampleSection(all),
  ];
  return { name: pageName(command), lines };
}

function innerSection(command: Command): readonly string[] {
  const { exitStatuses = {} } = commandText(command) ?? {};
  const statuses = exitStatusRows(exitStatuses).map(([status, meaning]) => statusEntry(`exit ${status}`, meaning));
  const options = optionEntries(command, (option) => option.long !== '--help');
  const entries = [...argumentEntries(command), ...options, ...statuses];
  return subsection(bold(commandPath(command)), [...commandProse(command), ...definitions(entries)]);
}

function innerCommands(command: Command): readonly Command[] {
  const known = command.createHelp().visibleCommands(command);
  return known.filter((inner) => inner.name() !== 'help');
}

function nameLine(command: Command): string {
  return `${plain(pageName(command))} \\- ${prose(command.description())}`;
}

function pageName(command: Command): string {
  return commandPath(command).replace(/ /g, '-');
}

/** Of a command all that it may end with, in its own words where it has some. */
function statusSection(command: Command): readonly string[] {
  const own = commandText(command)?.exitStatuses ?? {};
  const isProgram = command.parent === null;
  const rows = exitStatusRows(isProgram ? ALL_EXITS : { ...COMMON_EXITS, ...own });
  return section('EXIT STATUS', definitions(rows.map(([status, meaning]) => statusEntry(String(status), meaning))));
}

function statusEntry(term: string, meaning: string): readonly [string, string] {
  return [bold(term), prose(meaning)];
}

function environmentSection(names: readonly string[]): readonly string[] {
  const entries = names.map((name) => [bold(name), prose(ENVIRONMENT_VARIABLES.get(name) ?? '')] as const);
  return section('ENVIRONMENT', definitions(entries));
}

/** Those that mean something to every command, and those that the help of these ones names. */
function variablesOf(commands: readonly Command[]): readonly string[] {
  const said = commands.map((one) => `${one.helpInformation()}${commandText(one)?.about ?? ''}`).join('\n');
  return [...ENVIRONMENT_VARIABLES.keys()].filter((name) => COMMON_VARIABLES.includes(name) || said.includes(name));
}

function exampleSection(commands: readonly Command[]): readonly string[] {
  const examples = new Set(commands.flatMap((command) => commandText(command)?.examples ?? []));
  return section('EXAMPLES', examples.size === 0 ? [] : literal([...examples].join('\n')));
}

/** The program, and of the commands those that the page speaks of; in the page of the program all. */
function seeAlso(name: string, names: readonly string[], lines: readonly string[]): string {
  const text = lines.join('\n');
  const isNamed = (other: string) =>
    text.includes(`${other.replace('-', ' ')} `) || text.includes(`${other.replace('-', ' ')}\\fP`);
  const others = name === 'weft' ? names : ['weft', ...names.filter((other) => other !== name && isNamed(other))];
  return others.map(reference).join(', ');
}

function reference(name: string): string {
  return `${bold(name)}(1)`;
}
