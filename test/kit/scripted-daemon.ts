/** A mapping daemon that says what a test tells it to, over the real codec and session layer. */
import type { Endpoint } from '../../src/base/ipv4.ts';
import { decodeMessage, encodeMessage } from '../../src/control/codec.ts';
import type { Answer, Body, Item, Message, Refused, Request } from '../../src/control/messages.ts';
import { plainSessionLayer } from '../../src/control/session-layer.ts';
import type { VirtualClock } from './simulation/virtual-clock.ts';

export const DAEMON: Endpoint = { address: 0xc6120002, port: 7791 };
export const HEARTBEAT_MS = 1000;
const FLIGHT_MS = 1;

const layer = plainSessionLayer();

/** What it answers to a request of one kind; nothing where undefined. */
type Script = { [K in Request['kind']]: (body: Extract<Request, { kind: K }>) => Answer | undefined };

export function refusal(code: Refused['code']): Refused {
  return { kind: 'refused', code, reason: 'as the test wants it' };
}

export class ScriptedDaemon {
  session = 41;
  incarnation = '0123456789abcdef';
  /** Off: nothing arrives and nothing leaves. */
  isThere = true;
  /** Every message that arrived, retransmissions included. */
  readonly messages: Message[] = [];
  readonly script: Script = {
    register: () => ({
      kind: 'registered',
      session: this.session,
      incarnation: this.incarnation,
      heartbeatMs: HEARTBEAT_MS,
    }),
    heartbeat: () => ({ kind: 'heartbeat-ack' }),
    sync: () => ({ kind: 'sync-page', items: [], next: '' }),
    lookup: () => ({ kind: 'lookup-answer', items: [] }),
    report: () => ({ kind: 'report-ack' }),
    'trace-report': () => ({ kind: 'trace-report-ack' }),
    'trace-state': () => ({ kind: 'trace-state-ack' }),
  };
  readonly #clock: VirtualClock;
  readonly #deliver: (datagram: Uint8Array) => void;

  /** `deliver` hands a datagram to the agent. */
  constructor(clock: VirtualClock, deliver: (datagram: Uint8Array) => void) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  receive(datagram: Uint8Array): void {
    if (!this.isThere) return;
    const message = decodeMessage(layer.open(datagram, DAEMON) ?? new Uint8Array());
    this.messages.push(message);
    const { id, session, body } = message;
    if (body.kind === 'push-ack') return;
    const answer = this.#answer(body as Request, session);
    if (answer !== undefined) this.say(answer, session, id);
  }

  /** Begins a new life: it knows no session of before. */
  restart(session: number, incarnation = this.incarnation): void {
    this.session = session;
    this.incarnation = incarnation;
  }

  say(body: Body, session = this.session, id = 0): void {
    this.sayBytes(layer.seal(encodeMessage({ id, session, body }), DAEMON));
  }

  sayBytes(datagram: Uint8Array): void {
    this.#clock.after(FLIGHT_MS, () => {
      if (this.isThere) this.#deliver(datagram);
    });
  }

  push(sequence: number, items: readonly Item[], session = this.session): void {
    this.say({ kind: 'push', sequence, items }, session);
  }

  /** The bodies of one kind that arrived, in order. */
  bodies<K extends Body['kind']>(kind: K): Extract<Body, { kind: K }>[] {
    return this.messages.flatMap(({ body }) => (body.kind === kind ? [body as Extract<Body, { kind: K }>] : []));
  }

  #answer(body: Request, session: number): Answer | undefined {
    if (body.kind !== 'register' && session !== this.session) return refusal('unknown-session');
    const answer = this.script[body.kind] as (body: Request) => Answer | undefined;
    return answer(body);
  }
}
