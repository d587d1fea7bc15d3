import type { AgreementItem } from '../control/messages.ts';

/** An agreement as the store has it under its key. */
export interface AgreementValue {
  readonly framework: string;
  /** The receiver has acknowledged it: the sender may be told. */
  readonly isActive: boolean;
}

/** Only `isActive` ever changes. */
export interface Agreement extends AgreementValue {
  readonly id: number;
  readonly sender: string;
  readonly receiver: string;
  /** The store's revision that made it; of one direction the highest is the one to use. */
  readonly revision: number;
  readonly modRevision: number;
}

export function agreementItem({ id, revision, sender, receiver, framework }: Agreement): AgreementItem {
  return { kind: 'agreement', id, revision, sender, receiver, framework };
}

/** All agreements, by direction. */
export class AgreementTable {
  /** By `sender/receiver`; the oldest first. */
  readonly #directions = new Map<string, readonly Agreement[]>();
  /** By host: the directions that it is an end of. */
  readonly #byHost = new Map<string, Set<string>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  of(sender: string, receiver: string): readonly Agreement[] {
    return this.#directions.get(`${sender}/${receiver}`) ?? [];
  }

  /** The one that the sender shall use. */
  active(sender: string, receiver: string): Agreement | undefined {
    return this.of(sender, receiver).findLast((agreement) => agreement.isActive);
  }

  /** All of which the host is sender or receiver. */
  ofHost(host: string): Agreement[] {
    return [...(this.#byHost.get(host) ?? [])].flatMap((direction) => this.#directions.get(direction) ?? []);
  }

  all(): Agreement[] {
    return [...this.#directions.values()].flat();
  }

  /** Replaces or removes one; returns what it was before. */
  apply(sender: string, receiver: string, id: number, agreement: Agreement | undefined): Agreement | undefined {
    const direction = `${sender}/${receiver}`;
    const list = this.of(sender, receiver);
    const before = list.find((known) => known.id === id);
    const rest = list.filter((known) => known.id !== id);
    const next = agreement === undefined ? rest : [...rest, agreement].toSorted((a, b) => a.revision - b.revision);
    this.#count += next.length - list.length;
    if (next.length > 0) this.#directions.set(direction, next);
    else this.#directions.delete(direction);
    for (const host of [sender, receiver]) this.#index(host, direction, next.length > 0);
    return before;
  }

  #index(host: string, direction: string, isThere: boolean): void {
    const directions = this.#byHost.get(host) ?? new Set<string>();
    if (isThere) directions.add(direction);
    else directions.delete(direction);
    if (directions.size > 0) this.#byHost.set(host, directions);
    else this.#byHost.delete(host);
  }
}
