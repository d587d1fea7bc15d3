import type { Placed } from './problem.ts';
import type { CloudRecord, Kind } from './records.ts';

type RecordOf<K extends Kind> = Extract<CloudRecord, { kind: K }>;

/** The records of a list by kind and name; of records with the same kind and name the first. */
export class PlacedRecords {
  readonly all: readonly Placed[];
  readonly #byName = new Map<string, Placed>();

  constructor(records: readonly CloudRecord[]) {
    this.all = records.map((record, index) => ({ index, record }));
    for (const placed of this.all) {
      const key = keyOf(placed.record.kind, placed.record.spec.name);
      if (!this.#byName.has(key)) this.#byName.set(key, placed);
    }
  }

  find<K extends Kind>(kind: K, name: string): Placed<RecordOf<K>> | undefined {
    return this.#byName.get(keyOf(kind, name)) as Placed<RecordOf<K>> | undefined;
  }

  has(kind: Kind, name: string): boolean {
    return this.#byName.has(keyOf(kind, name));
  }

  /** All of one kind, those of a name that is taken already left out. */
  ofKind<K extends Kind>(kind: K): Placed<RecordOf<K>>[] {
    return [...this.#byName.values()].filter((placed): placed is Placed<RecordOf<K>> => placed.record.kind === kind);
  }

  /** The tenant that a network's subnet belongs to; undefined where a reference on the way dangles. */
  tenantOfSubnet(subnet: string): string | undefined {
    const network = this.find('subnet', subnet)?.record.spec.network;
    return network === undefined ? undefined : this.find('network', network)?.record.spec.tenant;
  }
}

function keyOf(kind: Kind, name: string): string {
  return `${kind}/${name}`;
}
