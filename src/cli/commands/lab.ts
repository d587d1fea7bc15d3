import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { UserError } from '../../base/errors.ts';
import type { Program } from '../../lab/daemon-process.ts';
import { findLab, requireLab } from '../../lab/find-lab.ts';
import { restartDaemon, stopDaemon } from '../../lab/lab-daemons.ts';
import { labDocument } from '../../lab/lab-document.ts';
import { labDirectory, listLabs } from '../../lab/lab-record.ts';
import { lowerLab } from '../../lab/lower-lab.ts';
import { namespacePath } from '../../lab/namespaces.ts';
import type { LabPlan } from '../../lab/plan.ts';
import { raiseLab } from '../../lab/raise-lab.ts';
import { resolveDaemon, resolveTarget } from '../../lab/resolve-target.ts';
import type { CloudRecord } from '../../model/records.ts';
import type { Cli } from '../cli.ts';
import { jsonOption } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { EXIT } from '../exit-status.ts';
import { labSuggestions, labText } from '../lab-text.ts';
import { tellSlow } from '../tell-slow.ts';

interface LabOption {
  readonly lab?: string;
}

const TEXT: CommandText = {
  about: `
Every command of a lab needs root. A lab has a name, which its cloud file gives; where several are up, the commands
want it, or the file.`,
  examples: [
    'weft lab up examples/two-tenants.yaml',
    'weft lab exec a30 -- ping -c 3 10.1.2.50',
    'weft lab stop mapper',
    'weft lab down',
  ],
};

/** `weft lab`: whole clouds on this machine, in network namespaces. */
export function addLabCommand(program: Command, cli: Cli): void {
  const lab = describeCommand(program.command('lab'), TEXT)
    .description('a whole cloud on this machine, in network namespaces')
    .enablePositionalOptions()
    .hook('preAction', requireRoot);
  lab
    .command('up')
    .description('make the lab that a cloud file describes, and wait until its ports are up')
    .argument('<file>', 'cloud file with a section `lab`')
    .action((file: string) => up(cli, file));
  lab
    .command('down')
    .description('end the daemons of a lab and remove its namespaces and files; also of a half-made one')
    .argument('[lab]', 'its name or its cloud file; not needed where there is one lab')
    .action((word: string | undefined) => down(cli, word));
  lab
    .command('status')
    .description('what is where, and which daemons run')
    .argument('[lab]', 'its name or its cloud file; not needed where there is one lab')
    .addOption(jsonOption())
    .action((word: string | undefined, options: { json?: boolean }) => status(cli, word, options));
  lab
    .command('exec')
    .description('run a command in the network namespace of a guest, a host, `mapper` or `bridge`')
    .argument('<where>', 'guest, namespace, host, mapper or bridge')
    .argument('<command...>', 'the command; put -- before it')
    .addOption(labOption())
    .passThroughOptions()
    .action((where: string, command: string[], options: LabOption) => exec(cli, where, command, options));
  lab
    .command('stop')
    .description('end one daemon: `mapper`, or the agent of a host')
    .argument('<daemon>', 'mapper, or the name of a host')
    .addOption(labOption())
    .action((daemon: string, options: LabOption) => stop(cli, daemon, options));
  lab
    .command('start')
    .description('start a daemon that was stopped, and wait until it answers')
    .argument('<daemon>', 'mapper, or the name of a host')
    .addOption(labOption())
    .action((daemon: string, options: LabOption) => start(cli, daemon, options));
}

function requireRoot(): void {
  if (process.geteuid?.() !== 0) throw new UserError('not-permitted', 'a lab needs root', 'run it with sudo');
}

function labOption(): Option {
  return new Option('--lab <lab>', 'name or cloud file of the lab; not needed where there is one');
}

/** How the lab starts the daemons: this same program. */
function ownProgram(): Program {
  return [process.execPath, fileURLToPath(new URL('../main.js', import.meta.url))];
}

/** What it needs takes long to load, and no other command of the lab needs it. */
async function planFile(file: string): Promise<{ plan: LabPlan; records: readonly CloudRecord[] }> {
  const { parseCloudFile } = await import('../../model/cloud-file.ts');
  const { planLab } = await import('../../lab/plan.ts');
  const { records, lab } = parseCloudFile(readCloudFile(file), file);
  if (lab !== undefined) return { plan: planLab(records, lab, labDirectory(lab.name)), records };
  throw new UserError('invalid', `${file} describes no lab`, 'add a section `lab:` with `name` and `mapper`');
}

function readCloudFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const hint = 'give the path of a cloud file';
    if (code === 'ENOENT') throw new UserError('not-found', `no such file: ${file}`, hint);
    throw new UserError('invalid', `cannot read ${file}: ${code}`, hint);
  }
}

async function up(cli: Cli, file: string): Promise<void> {
  const { plan, records } = await planFile(file);
  const abort = new AbortController();
  const release = cli.onStopSignal((signal) => abort.abort(new UserError('conflict', `stopped by ${signal}`)));
  const began = performance.now();
  try {
    const progress = (line: string) => cli.err(`  ${line}\n`);
    const record = await raiseLab({
      plan,
      records,
      file: resolve(file),
      program: ownProgram(),
      signal: abort.signal,
      progress,
    });
    cli.err(`  up after ${((performance.now() - began) / 1000).toFixed(1)} s\n\n`);
    const lab = labDocument(record);
    cli.out(`${labText(lab)}\n${labSuggestions(lab)}`);
  } finally {
    release();
  }
}

async function down(cli: Cli, word: string | undefined): Promise<void> {
  const name = findLab(word);
  if (name === undefined) {
    cli.out(word === undefined ? 'no lab is up\n' : `no lab ${word} is up\n`);
    return;
  }
  for (const { namespace, pids, isForeign } of await tellSlow(cli, `taking down the lab ${name}`, lowerLab(name))) {
    if (isForeign) cli.err(`left alone: the namespace ${namespace}, which is not known to be made by the lab\n`);
    else cli.err(`left running in ${namespace}, not started by the lab: process ${pids.join(', ')}\n`);
  }
  cli.out(`the lab ${name} is down\n`);
}

function status(cli: Cli, word: string | undefined, options: { json?: boolean }): void {
  if (options.json === true) {
    cli.out(`${JSON.stringify(labDocument(requireLab(word)), null, 2)}\n`);
    return;
  }
  if (word === undefined && listLabs().length === 0) cli.out('no lab is up\n');
  else cli.out(labText(labDocument(requireLab(word))));
}

async function exec(cli: Cli, where: string, words: readonly string[], options: LabOption): Promise<void> {
  // Commander leaves the `--` where an option came before it, and takes it away where none did.
  const command = words[0] === '--' ? words.slice(1) : words;
  const namespace = resolveTarget(requireLab(options.lab).plan, where);
  const child = spawn('nsenter', [`--net=${namespacePath(namespace)}`, '--', ...command], { stdio: 'inherit' });
  const release = cli.onStopSignal((signal) => child.kill(signal as NodeJS.Signals));
  const [code] = (await once(child, 'exit')) as [number | null];
  release();
  cli.exitCode = code ?? EXIT.failed;
}

async function stop(cli: Cli, name: string, options: LabOption): Promise<void> {
  const record = requireLab(options.lab);
  const daemon = resolveDaemon(record.plan, name);
  await tellSlow(cli, `waiting for ${name} to end`, stopDaemon(record.plan.name, daemon));
  cli.out(`${name} has ended\n`);
}

async function start(cli: Cli, name: string, options: LabOption): Promise<void> {
  const record = requireLab(options.lab);
  const daemon = resolveDaemon(record.plan, name);
  await tellSlow(cli, `waiting for ${name} to answer`, restartDaemon(record.plan.name, daemon, ownProgram()));
  cli.out(`${name} is running\n`);
}
