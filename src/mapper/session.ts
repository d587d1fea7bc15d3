import type { Clock } from '../base/clock.ts';
import type { Endpoint } from '../base/ipv4.ts';
import type { Random } from '../base/random.ts';
import type { Answer, Item, Message, PortItem, Push, PushAck, Register, SubnetItem } from '../control/messages.ts';
import { type Feature, splitVersion } from '../control/features.ts';
import { PushSender } from '../control/push-sender.ts';
import { Responder } from '../control/responder.ts';
import { SILENCE_GRACE_MS } from './limits.ts';

/** Why a session is over; for logs and counters. */
export type SessionEnd = 'silent' | 'overflowed' | 'replaced' | 'host-gone' | 'stopped';

export interface SessionOptions {
  readonly id: number;
  readonly registration: Register;
  /** The id of the request that made the session. */
  readonly registrationId: number;
  readonly endpoint: Endpoint;
  /** Silent for so long, it is over. */
  readonly silenceMs: number;
  readonly clock: Clock;
  readonly random: Random;
  send(to: Endpoint, message: Message): void;
  ended(session: Session, why: SessionEnd): void;
  readonly pushes: PushObservers;
}

/** Who wants to know of pushes: see `convergence.ts`, and `observe` of `push-sender.ts`. */
export interface PushObservers {
  pushed?(): (() => void) | undefined;
  readonly observe?: ((seconds: number) => void) | undefined;
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
  readonly features: ReadonlySet<Feature>;
  readonly frameworks: readonly string[];
  readonly registrationId: number;
  readonly responder: Responder;
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
  /** Of pushes that are not acknowledged: what wants to know when they are settled. */
  readonly #unsettled = new Set<() => void>();
  #cancelPushTimer = () => {};
  #cancelSilenceTimer = () => {};
  #isEnded = false;

  constructor(options: SessionOptions) {
    const { registration } = options;
    this.#options = options;
    this.id = options.id;
    this.host = registration.host;
    this.boot = registration.boot;
    const { version, features } = splitVersion(registration.agentVersion);
    this.agentVersion = version;
    this.features = features;
    this.frameworks = registration.frameworks;
    this.registrationId = options.registrationId;
    this.responder = new Responder(options.registrationId);
    this.endpoint = options.endpoint;
    this.lastHeard = options.clock.now();
    this.#pushes = new PushSender({
      random: options.random,
      send: (push) => this.#send(0, push),
      observe: options.pushes.observe,
    });
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
    const whenAcknowledged = this.#settledBy(acknowledged);
    if (!this.#pushes.push(items, this.#options.clock.now(), whenAcknowledged)) this.end('overflowed');
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
    for (const settle of this.#unsettled) settle();
    this.#unsettled.clear();
    this.#options.ended(this, why);
  }

  #settledBy(acknowledged: (() => void) | undefined): (() => void) | undefined {
    const settle = this.#options.pushes.pushed?.();
    if (settle === undefined) return acknowledged;
    this.#unsettled.add(settle);
    return () => {
      if (this.#unsettled.delete(settle)) settle();
      acknowledged?.();
    };
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
    const { clock, silenceMs } = this.#options;
    const left = this.lastHeard + silenceMs - clock.now();
    if (left <= 0 && isLastCall) this.end('silent');
    else if (left <= 0) this.#cancelSilenceTimer = clock.after(SILENCE_GRACE_MS, () => this.#watchSilence(true));
    else this.#cancelSilenceTimer = clock.after(left, () => this.#watchSilence());
  }
}
