import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { UserError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { VERSION } from '../../base/version.ts';
import { pathArgument } from '../arguments.ts';
import type { BugreportDocument, BugreportItem } from '../bugreport/bugreport-document.ts';
import type { Cli } from '../cli.ts';
import { jsonText, usualSocket } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { formatTable } from '../table.ts';
import { tellSlow } from '../tell-slow.ts';

const TEXT: CommandText = {
  about: `
Writes one archive with what somebody who is asked for help needs: versions, the state of every daemon that answers,
what the kernel and systemd say, and why something is missing. It works without root and without any daemon, with less
in it. docs/bugreport.md lists every item; its README.txt says what is in this one.

Asked are the mapping daemon and the agents of this machine, the daemon of WEFT_SOCKET, and those of --socket. Of
secrets nothing is read on purpose, and what looks like one is replaced. --redact-addresses also replaces names and
addresses, the same by the same. An archive has mode 0600 and never replaces a file. Look through it before you send it.`,
  examples: [
    'weft bugreport',
    'weft bugreport --redact-addresses -o report.tar.gz',
    'weft bugreport -o - | tar -xzO | less',
    'weft bugreport --socket /run/netweft/lab/two-tenants/x.sock --socket /run/netweft/lab/two-tenants/y.sock',
  ],
  exitStatuses: { ok: 'a report was written, whatever is missing in it' },
};

interface BugreportOptions {
  readonly output?: string;
  readonly socket?: readonly string[];
  readonly redactAddresses?: boolean;
  readonly json?: boolean;
}

export function addBugreportCommand(program: Command, cli: Cli, standardOutput: () => Writable = () => process.stdout) {
  describeCommand(program.command('bugreport'), TEXT)
    .description('write what others need to find out what is wrong')
    .addOption(
      new Option(
        '-o, --output <file>',
        'where to; - is standard output (default: weft-bugreport-HOST-TIME.tar.gz here)',
      ).argParser(pathArgument),
    )
    .addOption(
      new Option('--socket <path>', 'admin socket of a further daemon, may be repeated').argParser(
        (path: string, paths: readonly string[] = []) => [...paths, pathArgument(path)],
      ),
    )
    .option('--redact-addresses', 'other names and addresses in place of the true ones')
    .option('--json', 'print the JSON document of what was written')
    .action((options: BugreportOptions, command: Command) => {
      if (options.output !== '-') return bugreport(cli, options);
      if (options.json) command.error('error: --json and --output - both want standard output');
      return bugreport(cli, options, standardOutput());
    });
}

async function bugreport(cli: Cli, options: BugreportOptions, output?: Writable): Promise<void> {
  const { localMachine } = await import('../bugreport/local-machine.ts');
  const { makeReport } = await import('../bugreport/make-report.ts');
  const { reportSockets } = await import('../bugreport/report-sockets.ts');
  if (output !== undefined) requirePipe(output);
  const machine = localMachine(cli.environment);
  const { WEFT_SOCKET } = cli.environment;
  const chosen = [...(options.socket ?? []), ...(WEFT_SOCKET ? [WEFT_SOCKET] : [])];
  const sockets = await reportSockets(machine, [usualSocket('mapper'), usualSocket('agent')], chosen);
  const making = makeReport(machine, sockets, options.redactAddresses ?? false);
  const { bytes, items, stem, time } = await tellSlow(cli, 'collecting the report', making);
  const file = options.output ?? `${stem}.tar.gz`;
  if (output === undefined) await write(file, bytes);
  else await pipeline([bytes], output, { end: false });
  const document: BugreportDocument = {
    schema: 'netweft.bugreport/v1',
    time,
    version: VERSION,
    file,
    bytes: bytes.length,
    redactedAddresses: options.redactAddresses ?? false,
    items,
  };
  const say = output === undefined ? cli.out : cli.err;
  say.call(cli, options.json ? jsonText(document) : summaryText(document));
}

async function write(file: string, bytes: Uint8Array): Promise<void> {
  const { writeReport } = await import('../bugreport/write-report.ts');
  await writeReport(file, bytes);
}

function requirePipe(output: Writable): void {
  if (!('isTTY' in output) || output.isTTY !== true) return;
  throw new UserError(
    'invalid',
    'a report is bytes, and standard output is a terminal',
    'name a file, or pipe it into tar -xzO',
  );
}

function summaryText({ file, bytes, items }: BugreportDocument): string {
  const rows = items.map((item) => [item.name, resultOf(item), item.bytes, item.failure]);
  const where = file === '-' ? 'on standard output' : printable(file);
  return `${formatTable(['ITEM', 'RESULT', 'BYTES', 'WHY'], rows)}\nreport: ${where}, ${bytes} bytes; look through it before you send it\n`;
}

function resultOf({ failure, cut }: BugreportItem): string {
  if (failure !== undefined) return 'failed';
  return cut ? 'cut' : 'ok';
}
