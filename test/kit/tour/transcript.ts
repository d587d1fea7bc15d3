/**
 * Transcripts in a page: blocks of the kind `console`, in which a line that begins with `$ ` is a command, with the lines
 * after one that ends in a backslash, and the others are what the command before them printed.
 */

export interface Said {
  /** As it is typed; several lines where it is continued. */
  readonly command: string;
  /** What it printed, with the end of each line. */
  readonly output: string;
}

export interface Transcript {
  /** What stands behind `console`. */
  readonly mark: string;
  readonly said: readonly Said[];
}

const BLOCK = /^```console *(.*)\n([\s\S]*?)^```$/gm;
const COMMAND = /^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)/gm;

export function transcripts(page: string): Transcript[] {
  return [...page.matchAll(BLOCK)].map(([, mark = '', body = '']) => ({ mark, said: saidIn(body) }));
}

function saidIn(body: string): Said[] {
  return [...body.matchAll(COMMAND)].map(([, command = '', output = '']) => ({ command, output }));
}

/** The page with another output for each command, in their order. */
export function withOutputs(page: string, outputs: readonly string[]): string {
  let at = 0;
  const answered = (_: string, command: string) => `$ ${command}\n${outputs[at++] ?? ''}`;
  return page.replace(BLOCK, (block, _mark, body: string) =>
    block.replace(body, () => body.replace(COMMAND, answered)),
  );
}
