import type { Command } from 'commander';

/** `weft help COMMAND...`: the help of a command, or of one inside it. */
export function addHelpCommand(program: Command): void {
  program
    .helpCommand(false)
    .command('help')
    .argument('[command...]')
    .description('display help for a command, such as `weft help lab up`')
    .action((words: readonly string[]) => {
      const { command, named } = findCommand(program, words);
      if (named.length === words.length) command.help();
      command.error(`error: there is no command '${words.join(' ')}'; see ${helpWords(named)}`);
    });
}

/** The command that the longest beginning of `words` names, and that beginning. */
export function findCommand(
  program: Command,
  words: readonly string[],
): { command: Command; named: readonly string[] } {
  let command = program;
  for (const [index, word] of words.entries()) {
    const inner = command.commands.find((candidate) => candidate.name() === word);
    if (inner === undefined) return { command, named: words.slice(0, index) };
    command = inner;
  }
  return { command, named: words };
}

/** What to type for the help of a command. */
export function helpWords(named: readonly string[]): string {
  return ['weft help', ...named].join(' ');
}
