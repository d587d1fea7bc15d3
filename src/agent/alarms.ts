import type { Clock } from '../base/clock.ts';
import { type Endpoint, formatEndpoint } from '../base/ipv4.ts';
import type { Logger } from '../base/log.ts';
import type { Arrival } from '../pipeline/arrival.ts';
import type { DropReason } from '../pipeline/drop-reasons.ts';

/** What no host sends that keeps to what was agreed. */
const ALARMING: ReadonlySet<DropReason> = new Set(['unknown-sender', 'wrong-agreement', 'source-not-there']);
/** One sender is named once for each reason in so long, ms. */
const ALARM_INTERVAL_MS = 60_000;
/**
 * Senders named for each reason in that time. Whoever is no host of the cloud may send as any number of
 * strangers, which must take no room from the alarms about hosts.
 */
export const MAX_ALARMS = { peers: 32, strangers: 1 } as const;

export interface AlarmsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** The name of the host that receives there. */
  peerAt(endpoint: Endpoint): string | undefined;
}

/** What was sent for one reason, by hosts or by strangers, since the minute began. */
interface Account {
  readonly reason: DropReason;
  readonly senders: keyof typeof MAX_ALARMS;
  readonly named: Set<string>;
  /** Datagrams of senders that found no room among the named. */
  suppressed: number;
}

/**
 * Names those who send what they must not. A minute begins with the first of them, and ends with what
 * was left out in it.
 */
export class Alarms {
  readonly #options: AlarmsOptions;
  readonly #accounts = new Map<string, Account>();
  #cancelMinute: (() => void) | undefined;

  constructor(options: AlarmsOptions) {
    this.#options = options;
  }

  notice(arrival: Arrival, reason: DropReason): void {
    if (arrival.kind !== 'underlay' || !ALARMING.has(reason)) return;
    const { clock, log, peerAt } = this.#options;
    this.#cancelMinute ??= clock.after(ALARM_INTERVAL_MS, () => this.#endMinute());
    const from = formatEndpoint(arrival.source);
    const peer = peerAt(arrival.source);
    const account = this.#accountOf(reason, peer === undefined ? 'strangers' : 'peers');
    if (account.named.has(from)) return;
    if (account.named.size >= MAX_ALARMS[account.senders]) {
      account.suppressed++;
      return;
    }
    account.named.add(from);
    log.warn('alarm', { reason, from, peer });
  }

  /** Tells what was left out so far. */
  stop(): void {
    this.#cancelMinute?.();
    this.#endMinute();
  }

  #accountOf(reason: DropReason, senders: Account['senders']): Account {
    const key = `${reason} ${senders}`;
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = { reason, senders, named: new Set(), suppressed: 0 };
      this.#accounts.set(key, account);
    }
    return account;
  }

  #endMinute(): void {
    this.#cancelMinute = undefined;
    for (const { reason, senders, suppressed } of this.#accounts.values()) {
      if (suppressed > 0) this.#options.log.warn('alarms-suppressed', { reason, senders, suppressed });
    }
    this.#accounts.clear();
  }
}
