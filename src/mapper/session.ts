import type { Clock } from '../base/clock.ts';
import type { Endpoint } from '../base/ipv4.ts';
import type { Random } from '../base/random.ts';
import type { Answer, Item, Message, PortItem, Push, PushAck, Register, SubnetItem } from '../control/messages.ts';
import { PushSender } from '../control/push-sender.ts';
import { Responder } from '../control/responder.ts';
import { SESSION_SILENCE_MS, SILENCE_GRACE_MS } from './limits.ts';

/** Why a session is over; for logs and counters. */
export type SessionEnd = 'silent' | 'overflowed' | 'replaced' | 'host-gone' | 'stopped';

export interface SessionOptions {
  readonly id: number;
  readonly registration: Register;
  /** The id of the request that made the session. */
  readonly registrationId: number;
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  readonly random: Random;
  send(to: Endpoint, message: Message): void;
  ended(session: Session, why: SessionEnd): void;
}

/** What a port was last reported as, and by which request: a late duplicate must not undo a newer report. */
export interface ReportedPort {
  readonly requestId: number;
  readonly state: string;
}

/** An item that a host must know, and the cursor of a sync that names it. */
export type SyncItem = readonly [cursor: string, item: Item];

/**
 * One registered agent: its side of the reliable exchange, and what it has been told. It ends by
 * silence, or when it does not take its pushes.
 */
export class Session {
  readonly id: number;
  readonly host: string;
  readonly boot: string;
  readonly agentVersion: string;
  readonly frameworks: readonly string[];
  readonly registrationId: number;
  readonly responder = new Responder();
  /** Ports and subnets as last told, or as they were when the agent began to ask for everything. */
  readonly told = new Map<string, PortItem | SubnetItem>();
  /** Ids of agreements pushed to it as receiver, and as sender with whether it acknowledged. */
  readonly offered = new Set<number>();
  readonly announced = new Map<number, boolean>();
  /** All that it must know, in the order of a sync that is under way; whoever changes a part of it forgets it. */
  syncItems: readonly SyncItem[] | undefined;
  readonly reported = new Map<string, ReportedPort>();
  endpoint: Endpoint;
  lastHeard: number;
  readonly #options: SessionOptions;
  readonly #pushes: PushSender;
  #cancelPushTimer = () => {};
  #cancelSilenceTimer = () => {};
  #isEnded = false;

  constructor(options: SessionOptions) {
    const { registration } = options;
    this.#options = options;
    this.id = options.id;
    this.host = registration.host;
    this.boot = registration.boot;
    this.agentVersion = registration.agentVersion;
    this.frameworks = registration.frameworks;
    this.registrationId = options.registrationId;
    this.endpoint = options.endpoint;
    this.lastHeard = options.clock.now();
    this.#pushes = new PushSender({ random: options.random, send: (push) => this.#send(0, push) });
    this.#watchSilence();
  }

  /** Items that it has not acknowledged. */
  get pendingPushes(): number {
    return this.#pushes.pending;
  }

  /** Something valid arrived from the agent. */
  heard(): void {
    this.lastHeard = this.#options.clock.now();
  }

  answer(messageId: number, answer: Answer): void {
    if (this.#isEnded) return;
    this.responder.finish(messageId, answer);
    this.#send(messageId, answer);
  }

  /** Delivers items in order; `acknowledged` runs when the agent has them all. */
  push(items: readonly Item[], acknowledged?: () => void): void {
    if (this.#isEnded || items.length === 0) return;
    if (!this.#pushes.push(items, this.#options.clock.now(), acknowledged)) this.end('overflowed');
    this.#armPushTimer();
  }

  acknowledge({ sequence }: PushAck): void {
    this.#pushes.acknowledge(sequence, this.#options.clock.now());
    this.#armPushTimer();
  }

  end(why: SessionEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#cancelPushTimer();
    this.#cancelSilenceTimer();
    this.#options.ended(this, why);
  }

  #send(id: number, body: Answer | Push): void {
    // An agent does not know its session before the answer to its registration.
    const session = body.kind === 'registered' ? 0 : this.id;
    this.#options.send(this.endpoint, { id, session, body });
  }

  #armPushTimer(): void {
    this.#cancelPushTimer();
    const { clock } = this.#options;
    const deadline = this.#pushes.nextDeadline();
    if (this.#isEnded || deadline === undefined) return;
    this.#cancelPushTimer = clock.after(Math.max(0, deadline - clock.now()), () => {
      this.#pushes.tick(clock.now());
      this.#armPushTimer();
    });
  }

  #watchSilence(isLastCall = false): void {
    const { clock } = this.#options;
    const left = this.lastHeard + SESSION_SILENCE_MS - clock.now();
    if (left <= 0 && isLastCall) this.end('silent');
    else if (left <= 0) this.#cancelSilenceTimer = clock.after(SILENCE_GRACE_MS, () => this.#watchSilence(true));
    else this.#cancelSilenceTimer = clock.after(left, () => this.#watchSilence());
  }
}
