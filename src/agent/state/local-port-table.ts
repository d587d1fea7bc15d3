import type { LocalPort } from '../../model/snapshot.ts';
import type { Touched } from './state-keys.ts';

/** The ports of this host whose devices are up, by index and by (GNI, address). */
export class LocalPortTable {
  readonly #byIndex = new Map<number, LocalPort>();
  readonly #byGni = new Map<number, Map<number, LocalPort>>();
  readonly #touched: Touched;

  constructor(touched: Touched) {
    this.#touched = touched;
  }

  byIndex(index: number): LocalPort | undefined {
    return this.#byIndex.get(index);
  }

  byAddress(gni: number, address: number): LocalPort | undefined {
    return this.#byGni.get(gni)?.get(address);
  }

  hasGni(gni: number): boolean {
    return this.#byGni.has(gni);
  }

  /** Takes the place of the port of the same index, if there is one, without a moment in between. */
  set(port: LocalPort): void {
    const before = this.#byIndex.get(port.index);
    if (before !== undefined) this.#takeOut(before);
    this.#byIndex.set(port.index, port);
    const { gni } = port.network;
    const addresses = this.#byGni.get(gni) ?? new Map<number, LocalPort>();
    for (const address of port.addresses) addresses.set(address, port);
    this.#byGni.set(gni, addresses);
    this.#touched([port.key, port.network.key, ...(before === undefined ? [] : [before.network.key])]);
  }

  remove(port: LocalPort): void {
    this.#takeOut(port);
    this.#touched([port.key, port.network.key]);
  }

  #takeOut(port: LocalPort): void {
    this.#byIndex.delete(port.index);
    const addresses = this.#byGni.get(port.network.gni);
    for (const address of port.addresses) if (addresses?.get(address) === port) addresses.delete(address);
    if (addresses?.size === 0) this.#byGni.delete(port.network.gni);
  }
}
