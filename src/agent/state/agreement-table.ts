import type { AgreementItem } from '../../control/messages.ts';
import type { AgreementView, StateKey } from '../../model/snapshot.ts';
import { Departed } from './departed.ts';
import type { StateKeys, Touched } from './state-keys.ts';

interface Agreement extends AgreementView {
  revision: number;
}

/**
 * What is agreed with peers. Towards a peer the newest agreement is used; from a peer every one that
 * was not withdrawn is accepted, so that a change of agreement loses nothing.
 */
export class AgreementTable {
  readonly #host: string;
  readonly #byId = new Map<number, Agreement>();
  readonly #outgoing = new Map<string, Agreement>();
  readonly #departed = new Departed<number>();
  readonly #keys: StateKeys;
  readonly #touched: Touched;
  readonly #peerKey: (name: string) => StateKey | undefined;

  /** `peerKey` finds the key that the absence of an agreement belongs to. */
  constructor(host: string, keys: StateKeys, touched: Touched, peerKey: (name: string) => StateKey | undefined) {
    this.#host = host;
    this.#keys = keys;
    this.#touched = touched;
    this.#peerKey = peerKey;
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: number): AgreementView | undefined {
    return this.#byId.get(id);
  }

  outgoing(receiver: string): AgreementView | undefined {
    return this.#outgoing.get(receiver);
  }

  incoming(sender: string, id: number): AgreementView | undefined {
    const agreement = this.#byId.get(id);
    return agreement?.sender === sender && agreement.receiver === this.#host ? agreement : undefined;
  }

  ids(): number[] {
    return [...this.#byId.keys()];
  }

  set(item: AgreementItem): void {
    const known = this.#byId.get(item.id);
    if (known !== undefined && known.revision >= item.revision) return;
    if (this.#departed.isOlder(item.id, item.revision)) return;
    const { id, sender, receiver, framework, revision } = item;
    if (known !== undefined && (known.sender !== sender || known.receiver !== receiver)) this.remove(id);
    const key = this.#byId.get(id)?.key ?? this.#keys.create(`agreement ${id} ${sender} to ${receiver}`);
    this.#keys.renew(key, revision);
    const agreement = { key, id, sender, receiver, framework, revision };
    this.#byId.set(id, agreement);
    if (sender === this.#host) this.#choose(receiver);
    this.#touch(agreement);
  }

  /** The daemon said so at a revision. */
  depart(id: number, revision: number): void {
    if ((this.#byId.get(id)?.revision ?? 0) > revision) return;
    this.#departed.remember(id, revision);
    this.remove(id);
  }

  remove(id: number): void {
    const agreement = this.#byId.get(id);
    if (agreement === undefined) return;
    this.#byId.delete(id);
    if (agreement.sender === this.#host) this.#choose(agreement.receiver);
    this.#touch(agreement);
    this.#keys.forget(agreement.key);
  }

  forgetRevisions(): void {
    this.#departed.clear();
    for (const agreement of this.#byId.values()) agreement.revision = -1;
  }

  #choose(receiver: string): void {
    const candidates = [...this.#byId.values()].filter((one) => one.sender === this.#host && one.receiver === receiver);
    const newest = candidates.toSorted((a, b) => b.revision - a.revision)[0];
    if (newest === undefined) this.#outgoing.delete(receiver);
    else this.#outgoing.set(receiver, newest);
  }

  #touch(agreement: Agreement): void {
    const peer = this.#peerKey(agreement.sender === this.#host ? agreement.receiver : agreement.sender);
    this.#touched(peer === undefined ? [agreement.key] : [agreement.key, peer]);
  }
}
