import type { Clock } from '../base/clock.ts';
import { type Endpoint, formatEndpoint } from '../base/ipv4.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Message, RefusalCode, Register } from '../control/messages.ts';
import { type MapperLimits, MAX_REMEMBERED } from './limits.ts';
import { type PushObservers, Session, type SessionEnd } from './session.ts';

export interface SessionsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  limits(): MapperLimits;
  send(to: Endpoint, message: Message): void;
  readonly pushes: PushObservers;
  /** A session is over; its host may have another one already. */
  ended(session: Session): void;
}

/** What becomes of a registration. `ignored`: a late duplicate, say nothing. */
export type Registration =
  | { readonly state: 'new' | 'repeated'; readonly session: Session }
  | { readonly state: 'ignored' }
  | { readonly state: 'refused'; readonly code: RefusalCode; readonly reason: string };

/** What is remembered of a host beyond its session. */
interface HostMemory {
  /** The last MAX_REMEMBERED ids of registrations of the present boot. */
  readonly registrationIds: number[];
  /** The last MAX_REMEMBERED boots that another one replaced. */
  readonly replacedBoots: string[];
  /** The last session, which may be over. */
  last: Session | undefined;
}

/** The registered hosts: at most one session each. */
export class Sessions {
  readonly counters = { opened: 0, silent: 0, overflowed: 0, replaced: 0, 'host-gone': 0, stopped: 0 };
  readonly #options: SessionsOptions;
  readonly #byHost = new Map<string, Session>();
  readonly #byId = new Map<number, Session>();
  /** Of hosts that have a record. */
  readonly #memory = new Map<string, HostMemory>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  ofHost(host: string): Session | undefined {
    return this.#byHost.get(host);
  }

  byId(id: number): Session | undefined {
    return this.#byId.get(id);
  }

  all(): Session[] {
    return [...this.#byHost.values()];
  }

  /** The session that a host has, or had last. */
  lastOf(host: string): Session | undefined {
    return this.#memory.get(host)?.last;
  }

  /**
   * A registration of a host that has a record. A new boot, or a new request of the same boot, begins
   * a new session and ends the one before; a boot that was replaced may not come back while its
   * successor lives, or two agents of one name would replace each other without end.
   */
  register(registration: Register, registrationId: number, endpoint: Endpoint): Registration {
    const { host, boot } = registration;
    const present = this.#byHost.get(host);
    const memory = this.#memoryOf(host);
    if (present?.boot === boot && memory.registrationIds.includes(registrationId)) {
      return present.registrationId === registrationId ? { state: 'repeated', session: present } : { state: 'ignored' };
    }
    if (present !== undefined && present.boot !== boot && memory.replacedBoots.includes(boot)) {
      return { state: 'refused', code: 'in-use', reason: inUse(host, present) };
    }
    const { hosts } = this.#options.limits();
    if (present === undefined && this.#byHost.size >= hosts) {
      return {
        state: 'refused',
        code: 'busy',
        reason: `${hosts} hosts are registered already; try again later`,
      };
    }
    return { state: 'new', session: this.#open(registration, registrationId, endpoint, memory) };
  }

  forgetHost(host: string): void {
    this.#byHost.get(host)?.end('host-gone');
    this.#memory.delete(host);
  }

  stop(): void {
    for (const session of this.all()) session.end('stopped');
  }

  #open(registration: Register, registrationId: number, endpoint: Endpoint, memory: HostMemory): Session {
    const present = this.#byHost.get(registration.host);
    if (memory.last !== undefined && memory.last.boot !== registration.boot) {
      remember(memory.replacedBoots, memory.last.boot);
      memory.registrationIds.length = 0;
    }
    remember(memory.registrationIds, registrationId);
    present?.end('replaced');
    const { clock, random, send, pushes } = this.#options;
    const ended = (over: Session, why: SessionEnd) => this.#close(over, why);
    const id = this.#freeId();
    const { silenceMs } = this.#options.limits();
    const session = new Session({
      id,
      registration,
      registrationId,
      endpoint,
      silenceMs,
      clock,
      random,
      send,
      pushes,
      ended,
    });
    memory.last = session;
    this.#byHost.set(session.host, session);
    this.#byId.set(session.id, session);
    this.counters.opened++;
    const { host, boot, agentVersion, frameworks } = session;
    const from = formatEndpoint(endpoint);
    this.#options.log.info('host-up', { host, boot, from, agentVersion, frameworks: frameworks.join(',') });
    return session;
  }

  #close(session: Session, why: SessionEnd): void {
    this.counters[why]++;
    this.#byId.delete(session.id);
    if (this.#byHost.get(session.host) === session) this.#byHost.delete(session.host);
    const { host, boot } = session;
    if (why === 'silent') this.#options.log.warn('host-silent', { host, boot });
    else this.#options.log.info('session-ended', { host, boot, why });
    this.#options.ended(session);
  }

  #memoryOf(host: string): HostMemory {
    const known = this.#memory.get(host);
    if (known !== undefined) return known;
    const memory: HostMemory = { registrationIds: [], replacedBoots: [], last: undefined };
    this.#memory.set(host, memory);
    return memory;
  }

  #freeId(): number {
    for (;;) {
      const id = this.#options.random.uint32();
      if (id !== 0 && !this.#byId.has(id)) return id;
    }
  }
}

function inUse(host: string, present: Session): string {
  const where = `${formatEndpoint(present.endpoint)} with boot ${present.boot}`;
  return `another agent registered as host ${host} after this one, from ${where}; stop one of the two`;
}

function remember<T>(list: T[], value: T): void {
  list.push(value);
  if (list.length > MAX_REMEMBERED) list.shift();
}
