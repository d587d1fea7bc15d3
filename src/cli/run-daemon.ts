import { Option } from 'commander';
import type { Logger, LogFormat, LogLevel } from '../base/log.ts';
import type { Cli } from './cli.ts';
import { errorText } from './error-text.ts';
import { EXIT } from './exit-status.ts';

const LOG_FORMATS: readonly LogFormat[] = ['text', 'json'];
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export interface LogChoice {
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
}

export function logFormatOption(): Option {
  return new Option('--log-format <format>', 'lines on standard output').choices(LOG_FORMATS).default('text');
}

export function logLevelOption(): Option {
  return new Option('--log-level <level>', 'the lowest level that is written').choices(LOG_LEVELS).default('info');
}

/** A folder that systemd made for the service (RuntimeDirectory=, StateDirectory=), or the usual one. */
export function serviceFolder(cli: Cli, variable: 'RUNTIME_DIRECTORY' | 'STATE_DIRECTORY', usual: string): string {
  const [folder = ''] = (cli.environment[variable] ?? '').split(':');
  return folder === '' ? usual : folder;
}

/**
 * Runs a daemon in the foreground until SIGTERM or SIGINT, then stops it. Another signal while it
 * stops ends the process at once. A daemon that cannot start is told in one line, status 1.
 */
export async function runDaemon(
  cli: Cli,
  component: string,
  choice: LogChoice,
  start: (log: Logger) => Promise<{ stop(): Promise<void> }>,
): Promise<void> {
  const { createLogger } = await import('../base/log.ts');
  const log = createLogger({ format: choice.logFormat, level: choice.logLevel, component });
  let signals = 0;
  let asked: (signal: string) => void = () => {};
  const stopAsked = new Promise<string>((resolve) => {
    asked = resolve;
  });
  const forget = cli.onStopSignal((signal) => {
    asked(signal);
    if (++signals > 1) cli.exit(EXIT.failed);
  });
  try {
    const daemon = await start(log);
    log.info('stopping', { signal: await stopAsked });
    await daemon.stop();
  } catch (error) {
    cli.err(errorText(error));
    cli.exitCode = EXIT.failed;
  } finally {
    forget();
  }
}
