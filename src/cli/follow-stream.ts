import { adminStream } from '../admin/stream-client.ts';
import type { AliveDocument, LostDocument, StreamDocument } from '../admin/stream-documents.ts';
import { UserError } from '../base/errors.ts';
import { formatCount } from './amounts.ts';
import type { Cli } from './cli.ts';

/** What a stream is opened for. */
export type Told = Exclude<StreamDocument, AliveDocument | LostDocument>;

/** As `followStream`, of a stream that has no end of its own. Throws UserError `unfinished` where the daemon ends it. */
export async function followEndless(
  cli: Cli,
  socket: string,
  path: string,
  take: (document: Told) => void | Promise<void>,
): Promise<void> {
  if ((await followStream(cli, socket, path, take)) === 'stopped') return;
  throw new UserError(
    'unfinished',
    `the daemon on ${socket} ended the stream`,
    'it stopped, or nothing was read here for too long; see its log, and follow again',
  );
}

/**
 * Hands on each document until SIGTERM or SIGINT, or until the daemon ends it, and returns which. What was lost
 * because this program was too slow is told on standard error.
 */
export async function followStream(
  cli: Cli,
  socket: string,
  path: string,
  take: (document: Told) => void | Promise<void>,
  body?: unknown,
): Promise<'stopped' | 'ended'> {
  const ending = new AbortController();
  const forget = cli.onStopSignal(() => ending.abort());
  try {
    const opened = () => {
      if (cli.errorsToTerminal) cli.err('weft: following; Ctrl-C ends it\n');
    };
    for await (const document of adminStream(socket, path, ending.signal, body, opened)) {
      if (document.schema === 'netweft.lost/v1') {
        cli.err(`weft: ${formatCount(document.lost, 'line')} lost here: they came faster than they were read\n`);
      } else if (document.schema !== 'netweft.alive/v1') {
        await take(document);
      }
    }
    return ending.signal.aborted ? 'stopped' : 'ended';
  } finally {
    forget();
  }
}
