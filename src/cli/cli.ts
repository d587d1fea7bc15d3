/** What a command may do to the world around it, so that tests can run commands in their own process. */
export interface Cli {
  /** Standard output and standard error; the text ends with a line end. */
  out(text: string): void;
  err(text: string): void;
  /** Resolves when the reader of standard output has caught up: for commands that write without end. */
  outTaken(): Promise<void>;
  /** All of standard input. */
  readInput(): Promise<string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether standard output is a terminal that wants colours. */
  readonly hasColour: boolean;
  /** Columns of the terminal that standard output is; undefined where it is none. */
  readonly columns: number | undefined;
  /** Whether somebody may be watching standard error. */
  readonly errorsToTerminal: boolean;
  /** Calls `stop` at each SIGTERM and SIGINT; the returned function ends that. */
  onStopSignal(stop: (signal: string) => void): () => void;
  /** Calls `reload` at each SIGHUP; the returned function ends that. */
  onReloadSignal(reload: () => void): () => void;
  /** A variable of the environment, which from now on this process and its children have no more. */
  takeVariable(name: string): string | undefined;
  /** Ends the process at once. */
  exit(code: number): void;
  /** The process's status when the command has ended; `EXIT.ok` unless it is set. */
  exitCode: number;
}
