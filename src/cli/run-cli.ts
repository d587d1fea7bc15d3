import { Command, CommanderError } from 'commander';
import { VERSION } from '../base/version.ts';
import { type Cli, EXIT } from './cli.ts';
import { addAgentCommand } from './commands/agent.ts';
import { addAgreementCommand } from './commands/agreement.ts';
import { addApplyCommand } from './commands/apply.ts';
import { addDecodeCommand } from './commands/decode.ts';
import { addDeleteCommand } from './commands/delete.ts';
import { addDropsCommand } from './commands/drops.ts';
import { addExplainCommand } from './commands/explain.ts';
import { addFlowCommand } from './commands/flow.ts';
import { addGetCommand } from './commands/get.ts';
import { addLabCommand } from './commands/lab.ts';
import { addMapperCommand } from './commands/mapper.ts';
import { addPortCommand } from './commands/port.ts';
import { addStatusCommand } from './commands/status.ts';
import { errorExitCode, errorText } from './error-text.ts';

/** Every command, in the order of `weft --help`. */
const COMMANDS: readonly ((program: Command, cli: Cli) => void)[] = [
  addApplyCommand,
  addGetCommand,
  addDeleteCommand,
  addAgreementCommand,
  addStatusCommand,
  addPortCommand,
  addFlowCommand,
  addDropsCommand,
  addExplainCommand,
  addDecodeCommand,
  addMapperCommand,
  addAgentCommand,
  addLabCommand,
];

const EXIT_CODES_HELP = `
Exit status:
  0 done   1 failed, or explained as dropped   2 usage   3 daemon unreachable
  4 explained as waiting for a mapping         5 not found

Examples:
  weft apply -f cloud.yaml
  weft status
  weft explain --port a30 --to 10.1.2.50`;

/** Runs one command line (without the program's name) and returns its exit status. Never throws. */
export async function runCli(words: readonly string[], cli: Cli): Promise<number> {
  try {
    await buildProgram(cli).parseAsync(words, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    cli.err(errorText(error));
    return errorExitCode(error);
  }
}

function buildProgram(cli: Cli): Command {
  const program = new Command('weft')
    .description('Netweft: a private network for every tenant, over any IP underlay')
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: (text) => cli.out(text), writeErr: (text) => cli.err(text) })
    .showHelpAfterError('(weft help COMMAND tells more)')
    .addHelpText('after', EXIT_CODES_HELP);
  for (const add of COMMANDS) add(program, cli);
  return program;
}
