import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { decodeMessage, encodeMessage } from '../../../src/control/codec.ts';
import { type Item, MAX_ITEMS, type Push } from '../../../src/control/messages.ts';
import { PushReceiver } from '../../../src/control/push-receiver.ts';
import { MAX_PENDING_ITEMS, PUSH_WINDOW, PushSender } from '../../../src/control/push-sender.ts';
import { FIRST_RETRY_MS, MAX_RETRY_MS, MIN_RETRY_MS } from '../../../src/control/retry-delay.ts';
import { agreementGone, LARGEST_ITEM } from './messages.ts';
import { faultsOf, SimulatedTime, simulatedLink } from './simulated-link.ts';

const SEEDS = Array.from({ length: 80 }, (_, seed) => seed);
const SESSION = 3;

/** Small and large items in turns, told apart by their revision. */
function itemOf(number: number): Item {
  return { ...(number % 7 === 0 ? LARGEST_ITEM : agreementGone(1)), revision: number };
}

/** A daemon that pushes 300 items in calls of 0 to 30 at random times, and an agent that applies them. */
function simulate(seed: number) {
  const random = seededRandom(seed);
  const time = new SimulatedTime();
  const faults = faultsOf(random);
  const applied: number[] = [];
  /** Per call: how many items were pushed with its end, and how many were applied when it was acknowledged. */
  const acknowledged: { pushed: number; applied: number }[] = [];
  const sendTimes = new Map<number, number[]>();
  let unacknowledged = 0;
  let calls = 0;

  const receiver = new PushReceiver();
  const toDaemon = simulatedLink<Uint8Array>(time, random, faults, (bytes) => {
    const { body } = decodeMessage(bytes);
    if (body.kind === 'push-ack') sender.acknowledge(body.sequence, time.now);
  });
  const toAgent = simulatedLink<Uint8Array>(time, random, faults, (bytes) => {
    const { body } = decodeMessage(bytes);
    if (body.kind !== 'push') return;
    const { items, acknowledge } = receiver.receive(body);
    applied.push(...items.map((item) => ('revision' in item ? item.revision : 0)));
    toDaemon(encodeMessage({ id: 0, session: SESSION, body: { kind: 'push-ack', sequence: acknowledge } }));
  });
  const sender = new PushSender({
    random,
    send(push) {
      sendTimes.set(push.sequence, [...(sendTimes.get(push.sequence) ?? []), time.now]);
      toAgent(encodeMessage({ id: 0, session: SESSION, body: push }));
    },
  });
  time.drive(sender);

  let pushed = 0;
  function pushMore(): void {
    if (pushed >= 300) return;
    const items = Array.from({ length: Math.floor(random.next() * 31) }, () => itemOf(++pushed));
    const end = pushed;
    calls++;
    unacknowledged++;
    sender.push(items, time.now, () => {
      unacknowledged--;
      acknowledged.push({ pushed: end, applied: applied.length });
    });
    time.after(random.next() * 200, pushMore);
  }
  pushMore();
  time.run(() => pushed >= 300 && unacknowledged === 0, 600_000);
  time.run(() => false, time.now + 10_000);
  return { applied, acknowledged, calls, pushed, sender, receiver, sendTimes: [...sendTimes.values()] };
}

describe('over a network that loses, doubles and reorders', () => {
  test.each(SEEDS)('seed %i: items are applied once, in order, and acknowledged once, not before', (seed) => {
    const { applied, acknowledged, calls, pushed, sender } = simulate(seed);
    expect(applied).toEqual(Array.from({ length: pushed }, (_, at) => at + 1));
    expect(acknowledged).toHaveLength(calls);
    for (const call of acknowledged) expect(call.applied).toBeGreaterThanOrEqual(call.pushed);
    expect(acknowledged.map((call) => call.pushed)).toEqual(
      acknowledged.map((call) => call.pushed).toSorted((a, b) => a - b),
    );
    expect(sender.pending).toBe(0);
    expect(sender.nextDeadline()).toBeUndefined();
  });

  test.each(SEEDS.slice(0, 20))('seed %i: nothing is sent again too early or too late', (seed) => {
    for (const times of simulate(seed).sendTimes) {
      for (let sent = 1; sent < times.length; sent++) {
        const waited = (times[sent] ?? 0) - (times[sent - 1] ?? 0);
        const longest = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (sent - 1));
        expect(waited).toBeGreaterThanOrEqual(MIN_RETRY_MS - 1e-6);
        expect(waited).toBeLessThanOrEqual(longest + 1e-6);
      }
    }
  });

  test('the seeds do meet loss, duplicates and gaps', () => {
    const { sender, receiver } = simulate(1);
    expect(sender.counters.retransmitted).toBeGreaterThan(0);
    expect(receiver.counters.duplicates).toBeGreaterThan(0);
    expect(receiver.counters.kept).toBeGreaterThan(0);
  });
});

/** A push sender and everything that it sent. */
function lone() {
  const sent: Push[] = [];
  const sender = new PushSender({ random: seededRandom(1), send: (push) => sent.push(push) });
  return { sender, sent };
}

const smallItems = (count: number) => Array.from({ length: count }, (_, at) => agreementGone(at + 1));

describe('a push sender', () => {
  test('sends at once, and fills messages with what waited for the window', () => {
    const { sender, sent } = lone();
    for (const item of smallItems(PUSH_WINDOW + 40)) sender.push([item], 0);
    expect(sent.map((push) => push.sequence)).toEqual(Array.from({ length: PUSH_WINDOW }, (_, at) => at + 1));
    expect(sender.pending).toBe(PUSH_WINDOW + 40);
    sender.acknowledge(1, 5);
    expect(sent).toHaveLength(PUSH_WINDOW + 1);
    expect(sent.at(-1)?.items).toHaveLength(40);
    expect(sender.pending).toBe(PUSH_WINDOW + 39);
  });

  test('cuts what one message does not take', () => {
    const { sender, sent } = lone();
    sender.push(smallItems(MAX_ITEMS * 2 + 1), 0);
    expect(sent.map((push) => push.items.length)).toEqual([MAX_ITEMS, MAX_ITEMS, 1]);
  });

  test('does not send again before its deadline, nor what is acknowledged', () => {
    const { sender, sent } = lone();
    sender.push(smallItems(1), 0);
    sender.push(smallItems(1), 0);
    const deadline = sender.nextDeadline() ?? 0;
    sender.tick(deadline - 0.001);
    expect(sent).toHaveLength(2);
    sender.acknowledge(1, deadline);
    sender.tick(60_000);
    expect(sent.map((push) => push.sequence)).toEqual([1, 2, 2]);
  });

  test('acknowledges a call of nothing with what went before', () => {
    const { sender } = lone();
    const acknowledged: string[] = [];
    sender.push([], 0, () => acknowledged.push('empty'));
    expect(acknowledged).toEqual(['empty']);
    sender.push(smallItems(1), 0, () => acknowledged.push('one'));
    sender.push([], 0, () => acknowledged.push('after one'));
    expect(acknowledged).toEqual(['empty']);
    sender.acknowledge(1, 1);
    sender.acknowledge(1, 2);
    expect(acknowledged).toEqual(['empty', 'one', 'after one']);
  });

  test('acknowledges a call only when all messages of it are', () => {
    const { sender } = lone();
    let acknowledged = 0;
    sender.push(smallItems(MAX_ITEMS + 1), 0, () => acknowledged++);
    sender.acknowledge(1, 1);
    expect(acknowledged).toBe(0);
    sender.acknowledge(2, 2);
    expect(acknowledged).toBe(1);
  });

  test('may be given more while it acknowledges', () => {
    const { sender, sent } = lone();
    sender.push(smallItems(1), 0, () => void sender.push(smallItems(2), 1));
    sender.acknowledge(1, 1);
    expect(sent.map((push) => [push.sequence, push.items.length])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  test('ignores an acknowledgement of what it never sent', () => {
    const { sender } = lone();
    sender.push(smallItems(1), 0);
    sender.acknowledge(2, 1);
    expect(sender.pending).toBe(1);
  });

  test('says so when too much waits, and takes nothing of it', () => {
    const { sender } = lone();
    expect(sender.push(smallItems(MAX_PENDING_ITEMS), 0)).toBe(true);
    let acknowledged = 0;
    expect(sender.push(smallItems(1), 0, () => acknowledged++)).toBe(false);
    expect(sender.counters.overflowed).toBe(1);
    expect(sender.pending).toBe(MAX_PENDING_ITEMS);
    sender.acknowledge(1, 1);
    expect(sender.push(smallItems(1), 1)).toBe(true);
    expect(acknowledged).toBe(0);
  });

  test('keeps no more calls than items', () => {
    const { sender } = lone();
    sender.push(smallItems(1), 0);
    let taken = 0;
    while (taken <= MAX_PENDING_ITEMS && sender.push([], 0, () => {})) taken++;
    expect(taken).toBe(MAX_PENDING_ITEMS);
  });
});

describe('a push receiver', () => {
  const push = (sequence: number): Push => ({ kind: 'push', sequence, items: [agreementGone(sequence)] });

  test('keeps what comes early until the gap closes', () => {
    const receiver = new PushReceiver();
    expect(receiver.receive(push(3))).toEqual({ items: [], acknowledge: 0 });
    expect(receiver.receive(push(2))).toEqual({ items: [], acknowledge: 0 });
    const items = [agreementGone(1), agreementGone(2), agreementGone(3)];
    expect(receiver.receive(push(1))).toEqual({ items, acknowledge: 3 });
    expect(receiver.receive(push(2))).toEqual({ items: [], acknowledge: 3 });
    expect(receiver.counters).toEqual({ applied: 3, duplicates: 1, kept: 2, ignored: 0 });
  });

  test('keeps no more than a window', () => {
    const receiver = new PushReceiver();
    for (let sequence = 2; sequence < 1000; sequence++) receiver.receive(push(sequence));
    const { items, acknowledge } = receiver.receive(push(1));
    expect(items).toHaveLength(PUSH_WINDOW);
    expect(acknowledge).toBe(PUSH_WINDOW);
    expect(receiver.counters.ignored).toBe(999 - PUSH_WINDOW);
  });
});
