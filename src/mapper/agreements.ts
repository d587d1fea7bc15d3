/**
 * Keeps an agreement for every direction of the pairs of hosts that talk. The life of one:
 *
 *             made: receiver told        receiver acknowledged: sender told
 *   (wanted) ────────────────────► offered ─────────────────────────────► active
 *                                                                            │ a newer one is active and
 *                                                                            ▼ the sender acknowledged it
 *                                         (removed: both told) ◄──────── draining
 *                                                               DRAIN_MS
 *
 * Everything follows from the store and the sessions: `reconcile` looks at one direction and does
 * what is missing, as often as it is called.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Store, Write } from '../store/store.ts';
import { type Agreement, type AgreementValue, agreementItem } from './agreement-table.ts';
import {
  DRAIN_MS,
  MAX_AGREEMENT_ID,
  MAX_AGREEMENTS_PER_DIRECTION,
  MAX_AGREEMENTS_PER_TRANSACTION,
  MAX_DIRECT_WRITES,
  MAX_WARNED_PAIRS,
} from './limits.ts';
import type { MapperState } from './mapper-state.ts';
import { selectFramework } from './negotiation.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { StoreFollower } from './store-follower.ts';
import { AGREEMENT_COUNTER_KEY, agreementKey, encodeValue } from './store-keys.ts';

export interface AgreementsOptions {
  readonly store: Store;
  readonly state: MapperState;
  readonly follower: StoreFollower;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Direction {
  readonly sender: string;
  readonly receiver: string;
}

interface ToMake extends Direction {
  readonly framework: string;
}

export class Agreements {
  readonly counters = { made: 0, activated: 0, removed: 0, failed: 0 };
  readonly #options: AgreementsOptions;
  /** By direction; what waits for the transaction that makes it. */
  readonly #toMake = new Map<string, ToMake>();
  #isMaking = false;
  readonly #removing = new Set<number>();
  /** By id of the agreement that replaces what drains. */
  readonly #draining = new Map<number, () => void>();
  /** Pairs without a common framework that the log has named. */
  readonly #warned = new Set<string>();

  constructor(options: AgreementsOptions) {
    this.#options = options;
  }

  /** Once everything in the store is known: hosts may have gone while the daemon was not there. */
  start(): void {
    for (const agreement of this.#table.all()) this.#reconcile(agreement, false);
  }

  /** Both directions between the two shall have an agreement as soon as both are registered. */
  want(host: string, peer: string): void {
    this.#reconcile({ sender: host, receiver: peer }, true);
    this.#reconcile({ sender: peer, receiver: host }, true);
  }

  /** Both are registered and have no framework version in common. */
  isMismatch(sender: string, receiver: string): boolean {
    return this.#selected({ sender, receiver }) === null;
  }

  /** A host registered, perhaps with other frameworks than before. */
  reconcileHost(host: string): void {
    for (const pair of this.#warned) if (pair.split('/').includes(host)) this.#warned.delete(pair);
    const directions = new Map(this.#table.ofHost(host).map((each) => [`${each.sender}/${each.receiver}`, each]));
    for (const { sender, receiver } of directions.values()) this.#reconcile({ sender, receiver }, false);
  }

  /** Something about the direction changed in the store. */
  changed(before: Agreement | undefined, after: Agreement | undefined): void {
    const direction = after ?? before;
    if (direction === undefined) return;
    if (after === undefined && before !== undefined) this.#tellGone(before);
    if (after?.isActive === true && after.id === this.#newest(direction)?.id) this.#announce(after);
    this.#reconcile(direction, false);
  }

  stop(): void {
    for (const cancel of this.#draining.values()) cancel();
    this.#draining.clear();
  }

  get #table() {
    return this.#options.state.agreements;
  }

  #newest({ sender, receiver }: Direction): Agreement | undefined {
    return this.#table.of(sender, receiver).at(-1);
  }

  /** `undefined`: not known, one is not registered. `null`: there is none. */
  #selected({ sender, receiver }: Direction): string | null | undefined {
    const from = this.#options.sessions.ofHost(sender);
    const to = this.#options.sessions.ofHost(receiver);
    if (from === undefined || to === undefined) return undefined;
    return selectFramework(from.frameworks, to.frameworks) ?? null;
  }

  #reconcile(direction: Direction, isWanted: boolean): void {
    const { sender, receiver } = direction;
    const list = this.#table.of(sender, receiver);
    const newest = list.at(-1);
    const { cloud } = this.#options.state;
    if (cloud.find('host', sender) === undefined || cloud.find('host', receiver) === undefined) {
      this.#remove(list);
      return;
    }
    const selected = this.#selected(direction);
    if (selected === null) {
      this.#warn(direction);
      this.#remove(list);
    } else if (selected !== undefined && selected !== newest?.framework && (isWanted || newest !== undefined)) {
      this.#make({ sender, receiver, framework: selected });
    } else if (newest !== undefined) {
      this.#remove(list.slice(0, -MAX_AGREEMENTS_PER_DIRECTION));
      this.#advance(newest, list.slice(0, -1));
    }
  }

  #advance(newest: Agreement, older: readonly Agreement[]): void {
    // The sender never heard of these.
    this.#remove(older.filter((agreement) => !agreement.isActive));
    if (!newest.isActive) this.#offer(newest);
    else if (older.some((agreement) => agreement.isActive)) this.#retire(newest);
  }

  #offer(agreement: Agreement): void {
    const session = this.#options.sessions.ofHost(agreement.receiver);
    if (session === undefined || session.offered.has(agreement.id)) return;
    session.offered.add(agreement.id);
    session.push([...this.#options.state.hostItem(agreement.sender), agreementItem(agreement)], () =>
      this.#activate(agreement, session),
    );
  }

  #activate({ id, sender, receiver, framework, modRevision }: Agreement, session: Session): void {
    const key = agreementKey(sender, receiver, id);
    const value: AgreementValue = { framework, isActive: true };
    void this.#write('activate', async () => {
      const { committed } = await this.#options.store.transact(
        [{ key, modRevision }],
        [{ kind: 'put', key, value: encodeValue(value) }],
      );
      if (committed) this.counters.activated++;
    }).finally(() => session.offered.delete(id));
  }

  #announce(agreement: Agreement): void {
    const session = this.#options.sessions.ofHost(agreement.sender);
    if (session === undefined || session.announced.has(agreement.id)) return;
    session.announced.set(agreement.id, false);
    session.push([...this.#options.state.hostItem(agreement.receiver), agreementItem(agreement)], () => {
      session.announced.set(agreement.id, true);
      this.#reconcile(agreement, false);
    });
  }

  /** Removes what `newest` replaces once the sender has used it long enough. */
  #retire(newest: Agreement): void {
    this.#announce(newest);
    const session = this.#options.sessions.ofHost(newest.sender);
    if (session?.announced.get(newest.id) !== true || this.#draining.has(newest.id)) return;
    const cancel = this.#options.clock.after(DRAIN_MS, () => {
      this.#draining.delete(newest.id);
      const older = this.#table.of(newest.sender, newest.receiver).filter(({ revision }) => revision < newest.revision);
      this.#remove(older);
    });
    this.#draining.set(newest.id, cancel);
  }

  #tellGone({ id, sender, receiver }: Agreement): void {
    const gone = { kind: 'agreement-gone', id, revision: this.#options.state.revision } as const;
    for (const host of [receiver, sender]) {
      const session = this.#options.sessions.ofHost(host);
      session?.offered.delete(id);
      session?.announced.delete(id);
      session?.push([gone]);
    }
  }

  #warn({ sender, receiver }: Direction): void {
    const direction = `${sender}/${receiver}`;
    if (this.#warned.has(direction) || this.#warned.size >= MAX_WARNED_PAIRS) return;
    this.#warned.add(direction);
    const offers = (host: string) => this.#options.sessions.ofHost(host)?.frameworks.join(',');
    this.#options.log.warn('no-common-framework', {
      sender,
      receiver,
      senderOffers: offers(sender),
      receiverOffers: offers(receiver),
      hint: 'upgrade one of the two hosts, or start it with more frameworks',
    });
  }

  #make(toMake: ToMake): void {
    this.#toMake.set(`${toMake.sender}/${toMake.receiver}`, toMake);
    if (this.#isMaking) return;
    void this.#write('make', () => this.#makeAll());
  }

  async #makeAll(): Promise<void> {
    this.#isMaking = true;
    try {
      while (this.#toMake.size > 0) await this.#makeNext();
    } finally {
      // In the same turn as the last look at the queue: what is queued later starts anew.
      this.#isMaking = false;
    }
  }

  async #makeNext(): Promise<void> {
    const batch = [...this.#toMake].slice(0, MAX_AGREEMENTS_PER_TRANSACTION);
    for (const [direction] of batch) this.#toMake.delete(direction);
    const needed = batch.map(([, toMake]) => toMake).filter((each) => this.#newest(each)?.framework !== each.framework);
    if (needed.length > 0) await this.#makeTogether(needed);
  }

  async #makeTogether(directions: readonly ToMake[]): Promise<void> {
    const { lastAgreementId, counterRevision } = this.#options.state;
    const last = lastAgreementId + directions.length;
    if (last > MAX_AGREEMENT_ID) throw new Error('all agreement ids have been given out: begin with a new database');
    const writes = directions.map(({ sender, receiver, framework }, index): Write => {
      const value: AgreementValue = { framework, isActive: false };
      return {
        kind: 'put',
        key: agreementKey(sender, receiver, lastAgreementId + 1 + index),
        value: encodeValue(value),
      };
    });
    const { committed, revision } = await this.#options.store.transact(
      [{ key: AGREEMENT_COUNTER_KEY, modRevision: counterRevision }],
      [{ kind: 'put', key: AGREEMENT_COUNTER_KEY, value: encodeValue(last) }, ...writes],
    );
    await this.#options.follower.reached(revision);
    if (committed) this.counters.made += directions.length;
    else for (const direction of directions) this.#reconcile(direction, true);
  }

  #remove(agreements: readonly Agreement[]): void {
    const doomed = agreements.filter(({ id }) => !this.#removing.has(id)).slice(0, MAX_DIRECT_WRITES);
    if (doomed.length === 0) return;
    for (const { id } of doomed) this.#removing.add(id);
    void this.#write('remove', async () => {
      const writes = doomed.map(({ sender, receiver, id }): Write => {
        return { kind: 'delete', key: agreementKey(sender, receiver, id) };
      });
      const { revision } = await this.#options.store.transact([], writes);
      await this.#options.follower.reached(revision);
      this.counters.removed += doomed.length;
    }).finally(() => {
      for (const { id } of doomed) this.#removing.delete(id);
    });
  }

  /** A failure is logged, not thrown: what was not done is tried again with the next change or request. */
  async #write(what: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.counters.failed++;
      this.#options.log.error('agreement-not-written', { what, error });
    }
  }
}
