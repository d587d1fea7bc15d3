import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import { KEY_WORDS } from '../../../src/fastpath/flow-key.ts';
import { ACTIVE, FlowTable, NO_UPCALL, PENDING } from '../../../src/fastpath/flow-table.ts';
import { runs } from '../../kit/runs.ts';

const STEPS = 250;

function keyOf(ingress: number, flow: number): Uint32Array {
  return Uint32Array.from([ingress, 0x0a010200 + flow, flow, (flow << 16) | 80, 17]);
}

function nameOf(key: Uint32Array): string {
  return key.join(' ');
}

function keyAt(table: FlowTable, slot: number): Uint32Array {
  return table.keys.slice(slot * KEY_WORDS, (slot + 1) * KEY_WORDS);
}

interface Sizes {
  readonly capacity: number;
  readonly quota: number;
}

/**
 * A flow table beside a plain map of what must be in it. What the table evicts is its own choice:
 * the model learns of it through `onRemove`, and checks that it was allowed.
 */
class Compared {
  readonly table: FlowTable;
  readonly model = new Map<string, { readonly ingress: number; state: number; lastUsed: number }>();
  readonly #quota: number;
  /** Keys whose entries went during the present step. */
  removed: string[] = [];
  now = 0;

  constructor({ capacity, quota }: Sizes, seed: number) {
    this.#quota = quota;
    const onRemove = (slot: number) => this.removed.push(nameOf(keyAt(this.table, slot)));
    this.table = new FlowTable({ capacity, quota, seed, onRemove });
  }

  insert(key: Uint32Array): void {
    if (this.model.has(nameOf(key))) return;
    const ingress = key[0] ?? 0;
    const payers = this.#payersFor(ingress);
    const slot = this.table.insert(key, this.now);
    const evicted = this.#takeRemoved();
    const canPay = payers.map((payer) => this.#ofIngress(payer).some((name) => this.model.get(name)?.state === ACTIVE));
    if (!canPay.includes(true)) expect(evicted).toEqual([]);
    if (payers.length > 0 && !canPay.includes(false)) expect(evicted).toHaveLength(1);
    for (const name of evicted) {
      expect(payers).toContain(this.model.get(name)?.ingress);
      expect(this.model.get(name)?.state).toBe(ACTIVE);
      this.model.delete(name);
    }
    expect(slot >= 0).toBe(payers.length === 0 || evicted.length === 1);
    if (slot < 0) return;
    expect([this.table.state[slot], this.table.action[slot]]).toEqual([PENDING, NO_UPCALL]);
    expect([this.table.packets[slot], this.table.bytes[slot]]).toEqual([0, 0]);
    this.model.set(nameOf(key), { ingress, state: PENDING, lastUsed: this.now });
  }

  /** Whose entry may go for a new one: its own at the quota, one of those with most in a full table. */
  #payersFor(ingress: number): number[] {
    const own = this.#ofIngress(ingress).length;
    if (own >= this.#quota) return [ingress];
    if (this.model.size < this.table.capacity) return [];
    const ingresses = [...new Set([...this.model.values()].map((entry) => entry.ingress))];
    const most = Math.max(...ingresses.map((one) => this.#ofIngress(one).length));
    return most > own + 1 ? ingresses.filter((one) => this.#ofIngress(one).length === most) : [ingress];
  }

  /** What `flow-cache.ts` does to an entry that it finds. */
  use(key: Uint32Array): void {
    const slot = this.table.find(key);
    const entry = this.model.get(nameOf(key));
    if (slot < 0 || entry === undefined) return;
    this.table.state[slot] = ACTIVE;
    this.table.lastUsed[slot] = this.now;
    this.table.packets[slot] = 7;
    Object.assign(entry, { state: ACTIVE, lastUsed: this.now });
  }

  remove(key: Uint32Array): void {
    const slot = this.table.find(key);
    if (slot < 0) return;
    this.table.remove(slot);
    expect(this.#takeRemoved()).toEqual([nameOf(key)]);
    this.model.delete(nameOf(key));
  }

  removeIdle(since: number): void {
    const idle = [...this.model].filter(([, entry]) => entry.state === ACTIVE && entry.lastUsed < since);
    expect(this.table.removeIdle(since)).toBe(idle.length);
    this.#forget(idle.map(([name]) => name));
  }

  removeIngress(ingress: number): void {
    this.table.removeIngress(ingress);
    this.#forget(this.#ofIngress(ingress));
  }

  check(keys: readonly Uint32Array[], ingresses: readonly number[]): void {
    expect(this.table.size).toBe(this.model.size);
    for (const ingress of ingresses) expect(this.table.flowsOf(ingress)).toBe(this.#ofIngress(ingress).length);
    for (const key of keys) {
      const slot = this.table.find(key);
      expect(slot >= 0).toBe(this.model.has(nameOf(key)));
      if (slot >= 0) expect(keyAt(this.table, slot)).toEqual(key);
    }
    const listed = this.table.mostRecent(this.table.capacity);
    expect(listed.map((slot) => nameOf(keyAt(this.table, slot))).toSorted()).toEqual([...this.model.keys()].toSorted());
    const times = listed.map((slot) => this.table.lastUsed[slot] ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  }

  #forget(names: readonly string[]): void {
    expect(this.#takeRemoved().toSorted()).toEqual(names.toSorted());
    for (const name of names) this.model.delete(name);
  }

  #ofIngress(ingress: number): string[] {
    return [...this.model].filter(([, entry]) => entry.ingress === ingress).map(([name]) => name);
  }

  #takeRemoved(): string[] {
    return this.removed.splice(0);
  }
}

function compareWithMap(sizes: Sizes, seed: number): void {
  const random = seededRandom(seed);
  const compared = new Compared(sizes, random.uint32());
  const ingresses = [0, 1, 65535, 65536];
  const keys = ingresses.flatMap((ingress) => Array.from({ length: 12 }, (_, flow) => keyOf(ingress, flow)));
  for (let step = 0; step < STEPS; step++) {
    compared.now += random.uint32() % 3;
    stepOnce(compared, random, keys);
    if (step % 10 === 0) compared.check(keys, ingresses);
  }
  for (const ingress of ingresses) compared.removeIngress(ingress);
  compared.check(keys, ingresses);
  expect(compared.table.size).toBe(0);
}

function stepOnce(compared: Compared, random: Random, keys: readonly Uint32Array[]): void {
  const key = keys[random.uint32() % keys.length] ?? keyOf(0, 0);
  const choice = random.uint32() % 20;
  if (choice < 9) compared.insert(key);
  else if (choice < 15) compared.use(key);
  else if (choice < 18) compared.remove(key);
  else if (choice < 19) compared.removeIdle(compared.now - 10);
  else compared.removeIngress(key[0] ?? 0);
}

describe('a flow table', () => {
  it.each<[string, Sizes]>([
    ['roomy', { capacity: 64, quota: 64 }],
    ['with a quota that is reached', { capacity: 64, quota: 5 }],
    ['smaller than its quotas together', { capacity: 9, quota: 4 }],
    ['of one entry', { capacity: 1, quota: 1 }],
  ])('holds what a map holds: %s', (_, sizes) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => compareWithMap(sizes, seed)),
      { numRuns: runs(20) },
    );
  });

  it('tells keys apart that differ in one bit of any word', () => {
    const table = openTable({ capacity: 256, quota: 256 });
    const slots = new Set([table.insert(keyOf(3, 3), 0)]);
    for (let word = 0; word < KEY_WORDS; word++) {
      for (let bit = 0; bit < 32; bit++) {
        const key = keyOf(3, 3);
        key[word] = ((key[word] ?? 0) ^ (1 << bit)) >>> 0;
        expect(table.find(key)).toBe(-1);
        slots.add(table.insert(key, 0));
      }
    }
    expect(slots.size).toBe(1 + 32 * KEY_WORDS);
  });

  it('evicts what was not used since it last looked, before what was', () => {
    const table = openTable({ capacity: 64, quota: 8 });
    fill(table, 1, 8);
    insertActive(table, keyOf(1, 100), 5); // Everything was looked at once; the oldest went.
    const used = [3, 4, 5].map((flow) => keyOf(1, flow));
    for (const key of used) touch(table, key, 6);
    for (let flow = 101; flow < 105; flow++) insertActive(table, keyOf(1, flow), 7);
    for (const key of used) expect(table.find(key)).toBeGreaterThanOrEqual(0);
    expect(table.flowsOf(1)).toBe(8);
    expect(table.evictions).toBe(5);
  });

  it('evicts at the quota from its own, and never what waits for its decision', () => {
    const table = openTable({ capacity: 8, quota: 4 });
    fill(table, 1, 4);
    for (let flow = 0; flow < 4; flow++) table.insert(keyOf(2, flow), 0);
    expect(table.insert(keyOf(2, 9), 1)).toBe(-1);
    expect(table.evictions).toBe(0);
    expect(table.insert(keyOf(1, 9), 1)).toBeGreaterThanOrEqual(0);
    expect([table.flowsOf(1), table.flowsOf(2)]).toEqual([4, 4]);
  });

  it('evicts when it is full from the ingress that has most, until newcomers have as many', () => {
    const table = openTable({ capacity: 8, quota: 8 });
    fill(table, 1, 8);
    for (let flow = 0; flow < 8; flow++) insertActive(table, keyOf(2, flow), 1);
    expect([table.flowsOf(1), table.flowsOf(2)]).toEqual([4, 4]);
    insertActive(table, keyOf(3, 0), 1);
    expect([table.flowsOf(1) + table.flowsOf(2), table.flowsOf(3)]).toEqual([7, 1]);
  });

  it('leaves what waits for its decision when it removes what is idle', () => {
    const table = openTable({ capacity: 8, quota: 8 });
    insertActive(table, keyOf(1, 1), 10);
    insertActive(table, keyOf(1, 2), 11);
    table.insert(keyOf(1, 3), 0);
    expect(table.removeIdle(11)).toBe(1);
    expect([1, 2, 3].map((flow) => table.find(keyOf(1, flow)) >= 0)).toEqual([false, true, true]);
  });

  it('lists as many as asked for, the most recent first', () => {
    const table = openTable({ capacity: 8, quota: 8 });
    for (const [flow, now] of [
      [1, 5],
      [2, 9],
      [3, 7],
    ] as const) {
      insertActive(table, keyOf(1, flow), now);
    }
    expect(table.mostRecent(2).map((slot) => table.lastUsed[slot])).toEqual([9, 7]);
  });
});

function openTable(sizes: Sizes): FlowTable {
  return new FlowTable({ ...sizes, seed: 1, onRemove: () => {} });
}

function fill(table: FlowTable, ingress: number, flows: number): void {
  for (let flow = 0; flow < flows; flow++) insertActive(table, keyOf(ingress, flow), 0);
}

function insertActive(table: FlowTable, key: Uint32Array, now: number): void {
  expect(table.insert(key, now)).toBeGreaterThanOrEqual(0);
  touch(table, key, now);
}

function touch(table: FlowTable, key: Uint32Array, now: number): void {
  const slot = table.find(key);
  table.state[slot] = ACTIVE;
  table.lastUsed[slot] = now;
}
