import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { printable } from '../base/printable.ts';

export interface NotifierOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** The longest time without a sign of life, ms; undefined where nobody watches. */
  readonly watchdogMs: number | undefined;
  /** CLOCK_MONOTONIC, microseconds. */
  monotonicMicroseconds(): bigint;
  /** Sends one notification. */
  send(message: string): void;
}

/**
 * What a daemon tells its service manager, in the order of its life:
 *
 *   starting ── ready ──► running ── stopping ──► stopping
 *                         │     ▲
 *               reloading ▼     │ ready
 *                        reloading
 *
 * A status may come at any time before the end, and is said only when it is another. From the first
 * `ready` on, a healthy daemon gives a sign of life twice in each interval of the watchdog.
 */
export class Notifier {
  readonly #options: NotifierOptions;
  #phase: 'starting' | 'running' | 'reloading' | 'stopping' = 'starting';
  #status = '';
  #isHealthy: () => boolean = () => true;
  #isAlarmed = false;
  #cancelSign: (() => void) | undefined;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** One line for people, shown by `systemctl status`. */
  status(text: string): void {
    const status = printable(text);
    if (status === this.#status || this.#phase === 'stopping') return;
    this.#status = status;
    // While it reloads the status is that, and this one follows with `ready`.
    if (this.#phase !== 'reloading') this.#options.send(`STATUS=${status}`);
  }

  /** The daemon serves, for the first time or again. `isHealthy` is asked before every sign of life. */
  ready(isHealthy: () => boolean = this.#isHealthy): void {
    if (this.#phase === 'stopping') return;
    this.#phase = 'running';
    this.#isHealthy = isHealthy;
    this.#options.send(`READY=1\nSTATUS=${this.#status}`);
    if (this.#cancelSign === undefined) this.#signOfLife();
  }

  reloading(): void {
    if (this.#phase !== 'running') return;
    this.#phase = 'reloading';
    this.#options.send(
      `RELOADING=1\nMONOTONIC_USEC=${this.#options.monotonicMicroseconds()}\nSTATUS=reading the configuration again`,
    );
  }

  stopping(): void {
    if (this.#phase === 'stopping') return;
    this.#phase = 'stopping';
    this.#cancelSign?.();
    this.#options.send('STOPPING=1\nSTATUS=stopping');
  }

  #signOfLife(): void {
    const { clock, watchdogMs, send } = this.#options;
    if (watchdogMs === undefined) return;
    const isHealthy = this.#isHealthy();
    if (isHealthy) send('WATCHDOG=1');
    if (!isHealthy && !this.#isAlarmed) this.#options.log.error('watchdog-withheld', { watchdogMs });
    this.#isAlarmed = !isHealthy;
    this.#cancelSign = clock.after(watchdogMs / 2, () => this.#signOfLife());
  }
}
