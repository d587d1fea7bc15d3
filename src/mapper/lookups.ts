import type { Clock } from '../base/clock.ts';
import { fittingItems } from '../control/codec.ts';
import type { Item, MappingItem, MappingKey } from '../control/messages.ts';
import type { Agreements } from './agreements.ts';
import { mappingId } from './cloud-view.ts';
import {
  LOOKUP_HOLD_MS,
  MAX_HELD_LOOKUPS,
  MAX_HELD_LOOKUPS_PER_HOST,
  NEGATIVE_VALID_MS,
  POSITIVE_VALID_MS,
} from './limits.ts';
import type { MapperState } from './mapper-state.ts';
import { type Resolution, resolveMapping } from './resolve-mapping.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { Subscriptions } from './subscriptions.ts';

interface HeldLookup {
  readonly session: Session;
  readonly messageId: number;
  readonly keys: readonly MappingKey[];
  readonly cancelTimer: () => void;
}

export interface LookupsOptions {
  readonly state: MapperState;
  readonly agreements: Agreements;
  readonly sessions: Sessions;
  readonly subscriptions: Subscriptions;
  readonly clock: Clock;
}

/**
 * Answers look-ups, and tells subscribers what changed since. A mapping is told only when the
 * receiving host has installed the agreement. What can be told of a look-up is told at once, and the
 * rest follows as a push; one of which nothing can be told yet is held, at most LOOKUP_HOLD_MS.
 */
export class Lookups {
  readonly counters = { lookups: 0, lookupsHeld: 0, holdsExpired: 0, lookupsRefused: 0 };
  readonly #options: LookupsOptions;
  readonly #held = new Set<HeldLookup>();

  constructor(options: LookupsOptions) {
    this.#options = options;
  }

  /** Look-ups that wait for an agreement. */
  get held(): number {
    return this.#held.size;
  }

  ask(session: Session, messageId: number, keys: readonly MappingKey[]): void {
    this.counters.lookups++;
    if (this.#isAnyReady(session, keys)) this.#answer(session, messageId, keys);
    else if (this.#canHold(session)) this.#hold(session, messageId, keys);
    else {
      this.counters.lookupsRefused++;
      const reason = 'too many look-ups wait for agreements already; ask again later';
      session.answer(messageId, { kind: 'refused', code: 'busy', reason });
    }
  }

  /** Tells the subscribers of these mappings what is new about them, and answers look-ups that can be. */
  changed(ids: Iterable<string>): void {
    for (const id of ids) {
      for (const session of this.#options.subscriptions.subscribers(id)) this.#update(session, id);
    }
    this.#reconsider(() => true);
  }

  /** Agreements that the host sends under changed. */
  agreementsChanged(host: string): void {
    const session = this.#options.sessions.ofHost(host);
    if (session === undefined) return;
    for (const { key } of this.#options.subscriptions.untold(session)) this.#update(session, mappingId(key));
    this.#reconsider((held) => held.session === session);
  }

  /** A host registered: look-ups of others may have waited for it. */
  hostRegistered(): void {
    this.#reconsider(() => true);
  }

  drop(session: Session): void {
    for (const held of this.#held) if (held.session === session) this.#release(held);
    this.#options.subscriptions.drop(session);
  }

  #resolve(session: Session, key: MappingKey): Resolution {
    return resolveMapping(this.#options.state, this.#options.agreements, session.host, key);
  }

  #isAnyReady(session: Session, keys: readonly MappingKey[]): boolean {
    // Every key is resolved, so that all agreements are asked for at once.
    return keys.map((key) => this.#resolve(session, key)).some(({ state }) => state === 'ready');
  }

  #canHold(session: Session): boolean {
    if (this.#held.size >= MAX_HELD_LOOKUPS) return false;
    return [...this.#held].filter((held) => held.session === session).length < MAX_HELD_LOOKUPS_PER_HOST;
  }

  #hold(session: Session, messageId: number, keys: readonly MappingKey[]): void {
    this.counters.lookupsHeld++;
    const cancelTimer = this.#options.clock.after(LOOKUP_HOLD_MS, () => {
      this.counters.holdsExpired++;
      this.#finish(held);
    });
    const held: HeldLookup = { session, messageId, keys, cancelTimer };
    this.#held.add(held);
  }

  #reconsider(concerns: (held: HeldLookup) => boolean): void {
    for (const held of this.#held) {
      if (concerns(held) && this.#isAnyReady(held.session, held.keys)) this.#finish(held);
    }
  }

  #finish(held: HeldLookup): void {
    this.#release(held);
    this.#answer(held.session, held.messageId, held.keys);
  }

  #release(held: HeldLookup): void {
    held.cancelTimer();
    this.#held.delete(held);
  }

  /** Each mapping follows what it needs, so an answer that is cut where it is full is still right. */
  #answer(session: Session, messageId: number, keys: readonly MappingKey[]): void {
    const items: Item[] = [];
    const named = new Set<string>();
    for (const key of keys) {
      const resolution = this.#resolve(session, key);
      if (resolution.state === 'waiting') {
        this.#options.subscriptions.note(session, key, undefined, POSITIVE_VALID_MS);
        continue;
      }
      for (const item of resolution.needs) if (isFirst(named, item)) items.push(item);
      items.push(resolution.mapping);
    }
    const answered = items.slice(0, fittingItems(items, 0));
    const subscribed = answered.map((item) => (item.kind === 'mapping' ? this.#subscribe(session, item) : item));
    session.answer(messageId, { kind: 'lookup-answer', items: subscribed });
  }

  /** A mapping whose changes will not be told is valid for a short time only. */
  #subscribe(session: Session, mapping: MappingItem): MappingItem {
    const isSubscribed = this.#options.subscriptions.note(session, mapping.key, mapping, mapping.validMs);
    return isSubscribed ? mapping : { ...mapping, validMs: NEGATIVE_VALID_MS };
  }

  #update(session: Session, id: string): void {
    const subscription = this.#options.subscriptions.find(session, id);
    if (subscription === undefined) return;
    const resolution = this.#resolve(session, subscription.key);
    if (resolution.state === 'waiting') {
      this.#options.subscriptions.forgetTold(session, id);
      return;
    }
    const { needs, mapping } = resolution;
    if (subscription.told !== undefined && subscription.told.host === mapping.host) return;
    this.#options.subscriptions.note(session, mapping.key, mapping, mapping.validMs);
    session.push([...needs, mapping]);
  }
}

function isFirst(named: Set<string>, item: Item): boolean {
  const id = item.kind === 'host' ? item.name : item.kind === 'agreement' ? String(item.id) : '';
  const key = `${item.kind} ${id}`;
  if (named.has(key)) return false;
  named.add(key);
  return true;
}
