import { Option } from 'commander';
import { UserError } from '../base/errors.ts';
import type { AdjustableLogger, Logger, LogFormat, LogLevel, LogSettings } from '../base/log.ts';
import type { Notifier } from '../service/notifier.ts';
import type { Cli } from './cli.ts';
import { errorText } from './error-text.ts';
import { EXIT } from './exit-status.ts';

const LOG_FORMATS: readonly LogFormat[] = ['text', 'json'];
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export function logFormatOption(): Option {
  return new Option('--log-format <format>', 'lines on standard output').choices(LOG_FORMATS).default('text');
}

export function logLevelOption(): Option {
  return new Option('--log-level <level>', 'the lowest level that is written').choices(LOG_LEVELS).default('info');
}

/** A daemon that serves. */
export interface RunningDaemon {
  /** Where it wants to be told what is done with it, so that this becomes an event too. */
  readonly log?: Logger;
  stop(): Promise<void>;
  /** Reads its configuration again. A refusal is a UserError and has changed nothing. */
  reload?(): Promise<void>;
  /** Whether it does its work; asked before every sign of life that a watchdog gets. */
  isHealthy?(): boolean;
}

/** Tells the service manager in one line what the daemon does; undefined where there is none to be told. */
export type TellStatus = ((text: string) => void) | undefined;

/**
 * Runs a daemon in the foreground until SIGTERM or SIGINT, then stops it. Another signal while it
 * stops ends the process at once. SIGHUP makes it read its configuration again. A daemon that
 * cannot start is told in one line, status 1. It is ready, for a service manager, once `start` resolves.
 */
export async function runDaemon(
  cli: Cli,
  component: string,
  choice: LogSettings,
  start: (log: AdjustableLogger, tellStatus: TellStatus) => Promise<RunningDaemon>,
): Promise<void> {
  const { createLogger } = await import('../base/log.ts');
  const { openNotifier } = await import('../service/open-notifier.ts');
  const log = createLogger({ ...choice, component });
  const stop = awaitStop(cli);
  const reload = collectReloads(cli);
  try {
    const notifier = openNotifier((name) => cli.takeVariable(name), log);
    const daemon = await start(log, notifier && ((text) => notifier.status(text)));
    notifier?.ready(() => daemon.isHealthy?.() ?? true);
    const told = daemon.log ?? log;
    reload.handleWith(() => reloadOnce(daemon, notifier, told));
    told.info('stopping', { signal: await stop.asked });
    notifier?.stopping();
    await reload.end();
    await daemon.stop();
  } catch (error) {
    cli.err(errorText(error));
    cli.exitCode = EXIT.failed;
  } finally {
    stop.forget();
    reload.forget();
  }
}

function awaitStop(cli: Cli): { readonly asked: Promise<string>; forget(): void } {
  let signals = 0;
  let ask: (signal: string) => void = () => {};
  const asked = new Promise<string>((resolve) => {
    ask = resolve;
  });
  const forget = cli.onStopSignal((signal) => {
    ask(signal);
    if (++signals > 1) cli.exit(EXIT.failed);
  });
  return { asked, forget };
}

interface Reloads {
  /** From now on a signal is handled by `run`, one at a time, however many come meanwhile. */
  handleWith(run: () => Promise<void>): void;
  /** Handles no more, and resolves when none is being handled. */
  end(): Promise<void>;
  forget(): void;
}

/** A signal before the daemon serves is handled then: what it asks for may have been written after it was read. */
function collectReloads(cli: Cli): Reloads {
  let handle: (() => Promise<void>) | undefined;
  let isAsked = false;
  let running: Promise<void> | undefined;
  const runAll = async (): Promise<void> => {
    isAsked = false;
    await handle?.();
    if (isAsked) return runAll();
    running = undefined;
  };
  const forget = cli.onReloadSignal(() => {
    isAsked = true;
    if (handle !== undefined) running ??= runAll();
  });
  return {
    forget,
    handleWith(run) {
      handle = run;
      if (isAsked) running = runAll();
    },
    async end() {
      handle = undefined;
      await running;
    },
  };
}

async function reloadOnce(daemon: RunningDaemon, notifier: Notifier | undefined, log: Logger): Promise<void> {
  notifier?.reloading();
  try {
    if (daemon.reload === undefined) log.warn('reload-ignored', { reason: 'it has no configuration to read again' });
    else await daemon.reload();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    log.warn('reload-refused', { error, hint: error.hint });
  } finally {
    notifier?.ready();
  }
}
