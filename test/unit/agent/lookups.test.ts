import { describe, expect, it } from 'vitest';
import { Lookups, MAX_QUEUED_LOOKUPS, mappingName } from '../../../src/agent/lookups.ts';
import { type Item, MAX_LOOKUP_KEYS, type MappingKey } from '../../../src/control/messages.ts';
import { GNI_A, GNI_B } from '../../kit/cloud-of-one.ts';
import { VirtualClock } from '../../kit/simulation/virtual-clock.ts';

interface Asked {
  readonly keys: readonly MappingKey[];
  readonly done: (items: readonly Item[] | undefined) => void;
}

function key(address: number, gni = GNI_A): MappingKey {
  return { gni, address };
}

function mapping(of: MappingKey): Item {
  return { kind: 'mapping', key: of, revision: 1, host: 'y', validMs: 1000 };
}

function open() {
  const clock = new VirtualClock();
  const asked: Asked[] = [];
  const applied: Item[] = [];
  const wanted = new Set<string>();
  const session = { canAsk: true };
  const onApply = { run: () => {} };
  const lookups = new Lookups({
    clock,
    ask(keys, done) {
      if (!session.canAsk) return false;
      asked.push({ keys, done });
      return true;
    },
    apply(items) {
      applied.push(...items);
      for (const item of items) if (item.kind === 'mapping') wanted.delete(mappingName(item.key));
      onApply.run();
    },
    isWanted: (one) => wanted.has(mappingName(one)),
  });
  /** As a packet does that waits for the mapping. */
  const wait = (one: MappingKey) => {
    wanted.add(mappingName(one));
    lookups.want(one);
  };
  return { clock, asked, applied, wanted, session, onApply, lookups, wait };
}

describe('mappings that are wanted', () => {
  it('at the same moment are asked for in one message', async () => {
    const { clock, asked, lookups } = open();
    for (const one of [key(1), key(2), key(1, GNI_B), key(1)]) lookups.want(one);
    expect(asked).toEqual([]);
    await clock.run(0);
    expect(asked.map(({ keys }) => keys)).toEqual([[key(1), key(2), key(1, GNI_B)]]);
    expect(lookups.counters).toMatchObject({ asked: 3, answered: 0 });
  });

  it('by many are asked for in messages of as many as fit, each once', async () => {
    const { clock, asked, lookups } = open();
    const all = Array.from({ length: 2 * MAX_LOOKUP_KEYS + 5 }, (_, at) => key(at));
    for (const one of all) lookups.want(one);
    await clock.run(0);
    expect(asked.map(({ keys }) => keys.length)).toEqual([MAX_LOOKUP_KEYS, MAX_LOOKUP_KEYS, 5]);
    expect(asked.flatMap(({ keys }) => keys)).toEqual(all);
  });

  it('are not asked for twice at a time', async () => {
    const { clock, asked, lookups, wait } = open();
    wait(key(1));
    await clock.run(0);
    for (let again = 0; again < 5; again++) {
      lookups.want(key(1));
      await clock.run(500);
    }
    expect(asked).toHaveLength(1);
    asked[0]?.done([mapping(key(1))]);
    await clock.run(500);
    expect(asked).toHaveLength(1);
    lookups.want(key(1));
    await clock.run(0);
    expect(asked).toHaveLength(2);
  });

  it('are handed on when they come', async () => {
    const { clock, asked, applied, lookups, wait } = open();
    wait(key(1));
    await clock.run(0);
    asked[0]?.done([mapping(key(1))]);
    expect(applied).toEqual([mapping(key(1))]);
    expect(lookups.counters).toMatchObject({ asked: 1, answered: 1 });
    await clock.run(10_000);
    expect(asked).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('wait until the session can ask, and go in the order in which they were wanted', async () => {
    const { clock, asked, session, lookups } = open();
    session.canAsk = false;
    for (const address of [5, 3, 4]) lookups.want(key(address));
    await clock.run(1000);
    expect(lookups.counters.asked).toBe(0);
    session.canAsk = true;
    lookups.flush();
    expect(asked.map(({ keys }) => keys)).toEqual([[key(5), key(3), key(4)]]);
  });

  it('are as many as the queue takes; the rest is counted and asked when wanted again', async () => {
    const { clock, asked, session, lookups } = open();
    session.canAsk = false;
    for (let at = 0; at <= MAX_QUEUED_LOOKUPS; at++) lookups.want(key(at));
    expect(lookups.counters.overflowed).toBe(1);
    session.canAsk = true;
    await clock.run(0);
    expect(asked.flatMap(({ keys }) => keys)).toHaveLength(MAX_QUEUED_LOOKUPS);
    lookups.want(key(MAX_QUEUED_LOOKUPS));
    await clock.run(0);
    expect(asked.at(-1)?.keys).toEqual([key(MAX_QUEUED_LOOKUPS)]);
  });

  it('go on when the session has room again', async () => {
    const { clock, asked, session, lookups } = open();
    lookups.want(key(1));
    await clock.run(0);
    session.canAsk = false;
    lookups.want(key(2));
    await clock.run(10);
    session.canAsk = true;
    asked[0]?.done([mapping(key(1))]);
    await clock.run(0);
    expect(asked.map(({ keys }) => keys)).toEqual([[key(1)], [key(2)]]);
  });
});

describe('an answer without the mapping', () => {
  it.each<[string, readonly Item[] | undefined]>([
    ['cut short', []],
    ['of another', [mapping(key(9))]],
    ['that is a refusal', undefined],
  ])('lets it be asked again after a pause, as long as packets wait: %s', async (_, answer) => {
    const { clock, asked, wanted, wait } = open();
    wait(key(1));
    await clock.run(0);
    for (let round = 1; round <= 3; round++) {
      asked.at(-1)?.done(answer);
      await clock.run(50);
      expect(asked).toHaveLength(round);
      await clock.run(100);
      expect(asked).toHaveLength(round + 1);
      expect(asked.at(-1)?.keys).toEqual([key(1)]);
    }
    wanted.clear();
    asked.at(-1)?.done(answer);
    await clock.run(1000);
    expect(asked).toHaveLength(4);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is not asked again where the packets gave up meanwhile', async () => {
    const { clock, asked, wanted, wait } = open();
    wait(key(1));
    await clock.run(0);
    asked[0]?.done([]);
    await clock.run(50);
    wanted.clear();
    await clock.run(1000);
    expect(asked).toHaveLength(1);
  });

  it('keeps nobody else waiting', async () => {
    const { clock, asked, lookups, wait } = open();
    wait(key(1));
    await clock.run(0);
    asked[0]?.done([]);
    lookups.want(key(2));
    await clock.run(0);
    expect(asked.at(-1)?.keys).toEqual([key(2)]);
  });

  it('is not answered by asking at once, whoever wants it meanwhile', async () => {
    const { clock, asked, onApply, lookups, wait } = open();
    onApply.run = () => wait(key(1)); // As a packet that is decided again and still waits.
    wait(key(1));
    await clock.run(0);
    asked[0]?.done([mapping(key(1))]);
    lookups.want(key(1));
    await clock.run(50);
    expect(asked).toHaveLength(1);
    await clock.run(100);
    expect(asked).toHaveLength(2);
  });

  it('that only was refreshed leaves it to be wanted again', async () => {
    const { clock, asked, lookups } = open();
    lookups.want(key(1));
    await clock.run(0);
    asked[0]?.done(undefined);
    await clock.run(1000);
    expect(asked).toHaveLength(1);
    lookups.want(key(1));
    await clock.run(0);
    expect(asked).toHaveLength(2);
  });
});

it('nothing is asked after the end, whatever was going on', async () => {
  const { clock, asked, lookups, wait } = open();
  for (const address of [1, 2]) {
    wait(key(address));
    await clock.run(0);
  }
  asked[0]?.done([]);
  wait(key(3));
  lookups.stop();
  asked[1]?.done(undefined);
  wait(key(4));
  expect(clock.pendingTimers).toBe(0);
  await clock.run(10_000);
  expect(asked).toHaveLength(2);
});
