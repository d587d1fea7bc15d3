import type { Command } from 'commander';
import type { EventDocument } from '../../admin/event-documents.ts';
import { printable } from '../../base/printable.ts';
import { textValue } from '../../base/text-value.ts';
import { integerArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { jsonOption, unexpectedDocument } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { askEither, eitherSocketOption } from '../either-daemon.ts';
import { followEndless } from '../follow-stream.ts';

/** Events that a daemon keeps, at most. */
const MAX_LAST = 1000;
const DEFAULT_LAST = 50;
/** The longest name of an event, and a gap. */
const EVENT_WIDTH = 22;
/** What every event has, and lines of text do not repeat. */
const COMMON = new Set(['schema', 'sequence', 'time', 'daemon', 'event']);

const TEXT: CommandText = {
  about: `
What happened to a daemon lately: ports that came up or were lost, hosts that fell silent, agreements, records that
changed, alarms. docs/events.md lists all of them. A line is the time, the event and its fields, as in the log.

The socket may be a mapping daemon's or an agent's. Without --socket and WEFT_SOCKET it is the mapping daemon on this
machine, and if none answers, the agent.

--json prints one document a line. Each has a sequence that counts up by one from the start of the daemon; --since goes
on after an interruption.`,
  examples: [
    'weft events',
    'weft events --follow',
    'weft events --last 1000 --json',
    `weft events --follow --json | jq 'select(.event == "port-lost")'`,
    'weft events --since 118 --follow --json',
  ],
};

interface EventsOptions {
  readonly socket?: string;
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly since?: number;
  readonly last: number;
}

export function addEventsCommand(program: Command, cli: Cli): void {
  describeCommand(program.command('events'), TEXT)
    .description('show what happened to a mapping daemon or an agent, or tell it as it happens')
    .option('--follow', 'go on with each event as it happens')
    .option('--since <sequence>', 'from this event on', integerArgument(1, Number.MAX_SAFE_INTEGER))
    .option('--last <n>', 'only so many of the past', integerArgument(0, MAX_LAST), DEFAULT_LAST)
    .addOption(eitherSocketOption())
    .addOption(jsonOption())
    .action((options: EventsOptions, command: Command) => {
      if (options.since !== undefined && command.getOptionValueSource('last') === 'cli') {
        command.error('error: --since and --last exclude each other');
      }
      return showEvents(cli, options);
    });
}

async function showEvents(cli: Cli, { socket, json = false, follow, since, last }: EventsOptions): Promise<void> {
  const query = since === undefined ? `last=${last}` : `after=${since - 1}`;
  const { socket: answering, document } = await askEither(cli, socket, `/v1/events?${query}`);
  if (document.schema !== 'netweft.events/v1') throw unexpectedDocument(document);
  const { events, forgotten, sequence } = document;
  if (since !== undefined && since <= Math.min(forgotten, sequence)) {
    cli.err(`weft: events ${since} to ${forgotten} are no longer kept\n`);
  }
  const print = (event: EventDocument) => cli.out(json ? `${printable(JSON.stringify(event))}\n` : eventLine(event));
  for (const event of events) print(event);
  if (!follow) return;
  await followEndless(cli, answering, `/v1/follow/events?after=${sequence}`, async (told) => {
    if (told.schema === 'netweft.event/v1') print(told);
    await cli.outTaken();
  });
}

function eventLine(event: EventDocument): string {
  const fields = Object.entries(event).filter(([name]) => !COMMON.has(name));
  const words = fields.map(([name, value]) => `${printable(name)}=${textValue(value)}`);
  const what = printable(event.event).padEnd(EVENT_WIDTH);
  return `${[printable(event.time), what, words.join(' ')].join('  ').trimEnd()}\n`;
}
