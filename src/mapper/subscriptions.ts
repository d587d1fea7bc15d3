import type { Clock } from '../base/clock.ts';
import type { MappingItem, MappingKey } from '../control/messages.ts';
import { mappingId } from './cloud-view.ts';
import { MAX_SUBSCRIPTIONS, MAX_SUBSCRIPTIONS_PER_GNI, SUBSCRIPTION_VALIDITIES } from './limits.ts';
import type { Session } from './session.ts';

export interface Subscription {
  readonly key: MappingKey;
  /** What the session was told last: a host, nobody, or nothing yet. */
  readonly told: { readonly host: string | undefined } | undefined;
  readonly expiresAt: number;
}

/** Those of one session. */
interface OwnSubscriptions {
  readonly byId: Map<string, Subscription>;
  /** How many are of each GNI. */
  readonly perGni: Map<number, number>;
}

/** Which sessions have asked for which mappings, and what they were told: they hear when it changes. */
export class Subscriptions {
  readonly #clock: Clock;
  readonly #bySession = new Map<Session, OwnSubscriptions>();
  readonly #subscribers = new Map<string, Set<Session>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Mappings that the session is subscribed to. */
  countOf(session: Session): number {
    return this.#bySession.get(session)?.byId.size ?? 0;
  }

  subscribers(id: string): Session[] {
    return [...(this.#subscribers.get(id) ?? [])];
  }

  find(session: Session, id: string): Subscription | undefined {
    return this.#bySession.get(session)?.byId.get(id);
  }

  /** Those of the session that were told nothing yet. */
  untold(session: Session): Subscription[] {
    const all = [...(this.#bySession.get(session)?.byId.values() ?? [])];
    return all.filter(({ told }) => told === undefined);
  }

  /** Notes what the session is told, or that it waits; false when it has too many subscriptions already. */
  note(session: Session, key: MappingKey, item: MappingItem | undefined, validMs: number): boolean {
    const id = mappingId(key);
    const own = this.#bySession.get(session) ?? { byId: new Map(), perGni: new Map() };
    if (!own.byId.has(id) && !takeRoom(own, key.gni)) return false;
    this.#bySession.set(session, own);
    const told = item && { host: item.host };
    own.byId.set(id, { key, told, expiresAt: this.#clock.now() + validMs * SUBSCRIPTION_VALIDITIES });
    const subscribers = this.#subscribers.get(id) ?? new Set<Session>();
    this.#subscribers.set(id, subscribers.add(session));
    return true;
  }

  /** What the session was told is no longer so, and what is so cannot be told yet. */
  forgetTold(session: Session, id: string): void {
    const subscription = this.find(session, id);
    if (subscription !== undefined) this.#bySession.get(session)?.byId.set(id, { ...subscription, told: undefined });
  }

  drop(session: Session): void {
    for (const id of this.#bySession.get(session)?.byId.keys() ?? []) this.#unlist(session, id);
    this.#bySession.delete(session);
  }

  /** Removes what has not been asked again for long. */
  sweep(): void {
    const now = this.#clock.now();
    for (const [session, own] of this.#bySession) {
      for (const [id, { key, expiresAt }] of own.byId) {
        if (expiresAt > now) continue;
        own.byId.delete(id);
        giveRoom(own, key.gni);
        this.#unlist(session, id);
      }
    }
  }

  #unlist(session: Session, id: string): void {
    const subscribers = this.#subscribers.get(id);
    subscribers?.delete(session);
    if (subscribers?.size === 0) this.#subscribers.delete(id);
  }
}

/** False where the session has too many already, in all or of this GNI. */
function takeRoom({ byId, perGni }: OwnSubscriptions, gni: number): boolean {
  const ofGni = perGni.get(gni) ?? 0;
  if (byId.size >= MAX_SUBSCRIPTIONS || ofGni >= MAX_SUBSCRIPTIONS_PER_GNI) return false;
  perGni.set(gni, ofGni + 1);
  return true;
}

function giveRoom({ perGni }: OwnSubscriptions, gni: number): void {
  const ofGni = perGni.get(gni) ?? 0;
  if (ofGni > 1) perGni.set(gni, ofGni - 1);
  else perGni.delete(gni);
}
