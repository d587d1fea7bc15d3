import { Command, CommanderError } from 'commander';
import { watchAnswers } from '../admin/answer-watch.ts';
import { VERSION } from '../base/version.ts';
import { answerNotes } from './answer-notes.ts';
import type { Cli } from './cli.ts';
import { type CommandText, describeCommand } from './describe-command.ts';
import { errorExitCode, errorText } from './error-text.ts';
import { ALL_EXITS, EXIT } from './exit-status.ts';
import { addHelpCommand, findCommand, helpWords } from './help-command.ts';
import { usageErrorText } from './usage-error.ts';

/** By which the scripts of `weft completion` ask what may stand at the cursor. */
const COMPLETE_WORD = '__complete';

type AddCommand = (program: Command, cli: Cli) => void;

/** Every command, in the order of `weft --help`; each is loaded only when it is needed. */
const COMMANDS: ReadonlyMap<string, () => Promise<AddCommand>> = new Map<string, () => Promise<AddCommand>>([
  ['apply', async () => (await import('./commands/apply.ts')).addApplyCommand],
  ['get', async () => (await import('./commands/get.ts')).addGetCommand],
  ['delete', async () => (await import('./commands/delete.ts')).addDeleteCommand],
  ['agreement', async () => (await import('./commands/agreement.ts')).addAgreementCommand],
  ['status', async () => (await import('./commands/status.ts')).addStatusCommand],
  ['port', async () => (await import('./commands/port.ts')).addPortCommand],
  ['flow', async () => (await import('./commands/flow.ts')).addFlowCommand],
  ['drops', async () => (await import('./commands/drops.ts')).addDropsCommand],
  ['events', async () => (await import('./commands/events.ts')).addEventsCommand],
  ['explain', async () => (await import('./commands/explain.ts')).addExplainCommand],
  ['capture', async () => (await import('./commands/capture.ts')).addCaptureCommand],
  ['trace', async () => (await import('./commands/trace.ts')).addTraceCommand],
  ['decode', async () => (await import('./commands/decode.ts')).addDecodeCommand],
  ['wireshark', async () => (await import('./commands/wireshark.ts')).addWiresharkCommand],
  ['mapper', async () => (await import('./commands/mapper.ts')).addMapperCommand],
  ['agent', async () => (await import('./commands/agent.ts')).addAgentCommand],
  ['config', async () => (await import('./commands/config.ts')).addConfigCommand],
  ['lab', async () => (await import('./commands/lab.ts')).addLabCommand],
  ['bugreport', async () => (await import('./commands/bugreport.ts')).addBugreportCommand],
  ['completion', async () => (await import('./commands/completion.ts')).addCompletionCommand],
]);

const TEXT: CommandText = {
  about: `
Hosts run \`weft agent\`, which owns the guests' devices and carries their packets; \`weft mapper\` is the mapping daemon,
which knows the cloud. The other commands ask them, or look at captures and files.`,
  examples: ['weft apply -f cloud.yaml', 'weft status', 'weft explain --port a30 --to 10.1.2.50'],
  exitStatuses: ALL_EXITS,
};

/** Runs one command line (without the program's name) and returns its exit status. Never throws. */
export async function runCli(words: readonly string[], cli: Cli): Promise<number> {
  try {
    if (words[0] === COMPLETE_WORD) return await complete(words.slice(2), cli);
    watchAnswers(answerNotes(cli));
    const program = await buildProgram(words, cli);
    await program.parseAsync(words, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    cli.err(errorText(error));
    return errorExitCode(error);
  }
}

/** Only what may be named after the words is loaded. */
async function complete(words: readonly string[], cli: Cli): Promise<number> {
  const { printCompletions } = await import('./completion/print-completions.ts');
  await printCompletions(await buildProgram(words.slice(0, -1), cli), words, cli);
  return EXIT.ok;
}

/** With the one command that the first word names, or with all where help or a suggestion needs them. */
export async function buildProgram(words: readonly string[], cli: Cli): Promise<Command> {
  const program = new Command('weft')
    .description('Netweft: a private network for every tenant, over any IP underlay')
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.out(text),
      writeErr: (text) => cli.err(text),
      outputError: (text, write) => write(usageErrorText(text, helpWords(findCommand(program, words).named))),
    });
  describeCommand(program, TEXT);
  const named = COMMANDS.get(words[0] ?? '');
  const wanted = named === undefined ? [...COMMANDS.values()] : [named];
  for (const add of await Promise.all(wanted.map((load) => load()))) add(program, cli);
  addHelpCommand(program);
  return program;
}
