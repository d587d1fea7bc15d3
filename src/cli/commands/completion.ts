import { Argument, type Command } from 'commander';
import type { Cli } from '../cli.ts';
import { SCRIPTS, SHELLS, type Shell } from '../completion/shell-scripts.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';

const TEXT: CommandText = {
  about: `
The script makes the shell complete commands, options and their values; the names of ports and records
come from the daemons of this machine, where one answers soon.

To have it in every shell, write the script where the shell looks for it:

  bash  weft completion bash > /etc/bash_completion.d/weft
  zsh   weft completion zsh > /usr/local/share/zsh/site-functions/_weft
  fish  mkdir -p ~/.config/fish/completions
  fish  weft completion fish > ~/.config/fish/completions/weft.fish`,
  examples: ['source <(weft completion bash)', 'source <(weft completion zsh)', 'weft completion fish | source'],
};

export function addCompletionCommand(program: Command, cli: Cli): void {
  describeCommand(program.command('completion'), TEXT)
    .description('print the script that completes weft in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action((shell: Shell) => cli.out(SCRIPTS[shell]));
}
