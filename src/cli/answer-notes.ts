import type { AnswerWatch } from '../admin/answer-watch.ts';
import { printable } from '../base/printable.ts';
import { VERSION } from '../base/version.ts';
import type { Cli } from './cli.ts';

/** What is said on standard error about the daemons that are asked, each thing once. */
export function answerNotes(cli: Cli): AnswerWatch {
  const said = new Set<string>();
  const say = (note: string) => {
    if (!said.has(note)) cli.err(`weft: ${note}\n`);
    said.add(note);
  };
  return {
    otherVersion: (version, socket) =>
      say(
        `this is ${VERSION}, the daemon on ${printable(socket)} is ${printable(version)}; ` +
          'restart the daemon after an upgrade, or use the weft of its version',
      ),
    slow: (socket) => {
      if (cli.errorsToTerminal) say(`waiting for the daemon on ${printable(socket)}`);
    },
  };
}
