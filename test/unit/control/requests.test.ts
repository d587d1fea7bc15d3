import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { decodeMessage, encodeMessage } from '../../../src/control/codec.ts';
import type { Answer, Message, Request } from '../../../src/control/messages.ts';
import { ID_SPAN, MAX_IN_FLIGHT, Requester } from '../../../src/control/requester.ts';
import { Responder } from '../../../src/control/responder.ts';
import { FIRST_RETRY_MS, MAX_RETRY_MS, MIN_RETRY_MS } from '../../../src/control/retry-delay.ts';
import { type Faults, faultsOf, SimulatedTime, simulatedLink } from './simulated-link.ts';

const SEEDS = Array.from({ length: 80 }, (_, seed) => seed);
const REQUESTS = 150;
const SESSION = 3;

const lookupOf = (number: number): Request => ({ kind: 'lookup', keys: [{ gni: 1, address: number }] });
const answerTo = (number: number): Answer => ({
  kind: 'lookup-answer',
  items: [{ kind: 'mapping', key: { gni: 1, address: number }, revision: 1, host: 'y', validMs: 1 }],
});
const heartbeat: Request = { kind: 'heartbeat' };

/** An agent that asks REQUESTS things, as many at a time as it may, and a daemon that takes its time. */
function simulate(seed: number, faults?: Faults) {
  const random = seededRandom(seed);
  const time = new SimulatedTime();
  const link = faults ?? faultsOf(random);
  const executed: number[] = [];
  const answered: (readonly [number, Answer | undefined])[] = [];
  const sendTimes = new Map<number, number[]>();

  let responder: Responder | undefined;
  const toAgent = simulatedLink<Uint8Array>(time, random, link, (bytes) => {
    requester.receive(decodeMessage(bytes));
    askMore();
  });
  const sendAnswer = (id: number, body: Answer) => toAgent(encodeMessage({ id, session: SESSION, body }));
  const toDaemon = simulatedLink<Uint8Array>(time, random, link, (bytes) => {
    const { id, body } = decodeMessage(bytes);
    responder ??= new Responder(Math.min(...sendTimes.keys()) - 1);
    const begun = responder.begin(id);
    // As the mapping daemon refuses what is outside: the agent may not be waiting for it.
    if (begun.state === 'outside') sendAnswer(id, { kind: 'refused', code: 'unknown-session', reason: 'outside' });
    if (begun.state === 'answered') sendAnswer(id, begun.answer);
    if (begun.state !== 'new' || body.kind !== 'lookup') return;
    const number = body.keys[0]?.address ?? 0;
    executed.push(number);
    time.after(random.next() * 300, () => {
      responder?.finish(id, answerTo(number));
      sendAnswer(id, answerTo(number));
    });
  });
  const requester = new Requester({
    random,
    send(id, body) {
      sendTimes.set(id, [...(sendTimes.get(id) ?? []), time.now]);
      toDaemon(encodeMessage({ id, session: SESSION, body }));
    },
  });
  time.drive(requester);

  let asked = 0;
  function askMore(): void {
    while (asked < REQUESTS) {
      const number = asked;
      if (!requester.ask(lookupOf(number), time.now, (answer) => answered.push([number, answer]))) return;
      asked++;
    }
  }
  askMore();
  time.run(() => answered.length === REQUESTS, 600_000);
  // What is still under way arrives late, and must change nothing.
  time.run(() => false, time.now + 10_000);
  return { executed, answered, sendTimes: [...sendTimes.values()], requester, responder };
}

describe('over a network that loses, doubles and reorders', () => {
  test.each(SEEDS)('seed %i: each request is executed once and answered once', (seed) => {
    const { executed, answered } = simulate(seed);
    const all = Array.from({ length: REQUESTS }, (_, number) => number);
    expect(executed.toSorted((a, b) => a - b)).toEqual(all);
    expect(answered.toSorted(([a], [b]) => a - b)).toEqual(all.map((number) => [number, answerTo(number)]));
  });

  test.each(SEEDS.slice(0, 20))('seed %i: nothing is sent again too early or too late', (seed) => {
    const { sendTimes } = simulate(seed);
    for (const times of sendTimes) {
      for (let sent = 1; sent < times.length; sent++) {
        const waited = (times[sent] ?? 0) - (times[sent - 1] ?? 0);
        const longest = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (sent - 1));
        expect(waited).toBeGreaterThanOrEqual(MIN_RETRY_MS - 1e-6);
        expect(waited).toBeLessThanOrEqual(longest + 1e-6);
      }
    }
  });

  test('the seeds do meet loss, duplicates and late answers', () => {
    const { requester, responder } = simulate(1);
    expect(requester.counters.retransmitted).toBeGreaterThan(0);
    expect(responder?.counters.answeredAgain).toBeGreaterThan(0);
    expect(responder?.counters.ignored).toBeGreaterThan(0);
    expect(SEEDS.some((seed) => (simulate(seed).responder?.counters.outside ?? 0) > 0)).toBe(true);
  });
});

/** A requester and everything that it sent. */
function lone(seed = 1) {
  const sent: { id: number; body: Request }[] = [];
  const requester = new Requester({ random: seededRandom(seed), send: (id, body) => sent.push({ id, body }) });
  return { requester, sent };
}

const heartbeatAck = (id: number): Message => ({ id, session: SESSION, body: { kind: 'heartbeat-ack' } });

describe('a requester', () => {
  test('sends at once, and nothing more before its deadline', () => {
    const { requester, sent } = lone();
    requester.ask(heartbeat, 1000, () => {});
    expect(sent).toHaveLength(1);
    const deadline = requester.nextDeadline() ?? 0;
    expect(deadline).toBeGreaterThanOrEqual(1000 + MIN_RETRY_MS);
    requester.tick(deadline - 0.001);
    expect(sent).toHaveLength(1);
    requester.tick(deadline);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
  });

  test('takes one answer, of the right kind, to something that it asked', () => {
    const { requester, sent } = lone();
    const answers: (Answer | undefined)[] = [];
    requester.ask(heartbeat, 0, (answer) => answers.push(answer));
    const id = sent[0]?.id ?? 0;
    expect(requester.receive(heartbeatAck(id + 1))).toBe(false);
    expect(requester.receive({ id, session: SESSION, body: { kind: 'report-ack' } })).toBe(false);
    expect(requester.receive({ id, session: SESSION, body: heartbeat })).toBe(false);
    expect(answers).toEqual([]);
    expect(requester.receive(heartbeatAck(id))).toBe(true);
    expect(requester.receive(heartbeatAck(id))).toBe(false);
    expect(answers).toEqual([{ kind: 'heartbeat-ack' }]);
    expect(requester.nextDeadline()).toBeUndefined();
  });

  test('takes a refusal for an answer', () => {
    const { requester, sent } = lone();
    const refused: Answer = { kind: 'refused', code: 'unknown-session', reason: 'start anew' };
    const answers: (Answer | undefined)[] = [];
    requester.ask(heartbeat, 0, (answer) => answers.push(answer));
    expect(requester.receive({ id: sent[0]?.id ?? 0, session: 0, body: refused })).toBe(true);
    expect(answers).toEqual([refused]);
  });

  test('gives up at the time-out, once, and lets the late answer go', () => {
    const { requester, sent } = lone();
    const answers: (Answer | undefined)[] = [];
    requester.ask(heartbeat, 0, (answer) => answers.push(answer), 300);
    for (let now = 0; now < 300; now += 10) requester.tick(now);
    expect(answers).toEqual([]);
    requester.tick(300);
    requester.tick(5000);
    expect(answers).toEqual([undefined]);
    expect(requester.receive(heartbeatAck(sent[0]?.id ?? 0))).toBe(false);
    expect(requester.counters.timedOut).toBe(1);
  });

  test('gives up everything when it is cancelled, and may be asked again at once', () => {
    const { requester, sent } = lone();
    let cancelled = 0;
    const again = () => {
      cancelled++;
      requester.ask(heartbeat, 0, () => {});
    };
    for (let count = 0; count < 5; count++) requester.ask(heartbeat, 0, again);
    requester.cancelAll();
    expect(cancelled).toBe(5);
    expect(sent).toHaveLength(10);
    requester.tick(60_000);
    expect(sent).toHaveLength(15);
  });

  test('may be asked again by what gave up, without end', () => {
    const { requester, sent } = lone();
    const again = () => void requester.ask(heartbeat, 100, again, 0);
    requester.ask(heartbeat, 0, again, 0);
    requester.tick(100);
    expect(sent).toHaveLength(2);
  });

  test('says so when too many wait', () => {
    const { requester, sent } = lone();
    for (let count = 0; count < MAX_IN_FLIGHT; count++) expect(requester.ask(heartbeat, 0, () => {})).toBe(true);
    expect(requester.ask(heartbeat, 0, () => {})).toBe(false);
    expect(requester.counters.overflowed).toBe(1);
    requester.receive(heartbeatAck(sent[5]?.id ?? 0));
    expect(requester.ask(heartbeat, 0, () => {})).toBe(true);
  });

  test('does not run ahead of one that is never answered', () => {
    const { requester, sent } = lone();
    requester.ask(heartbeat, 0, () => {});
    const oldest = sent[0]?.id ?? 0;
    let asked = 0;
    while (requester.ask(heartbeat, 0, () => {})) {
      requester.receive(heartbeatAck(oldest + ++asked));
      expect(asked).toBeLessThan(1000);
    }
    expect(asked).toBe(ID_SPAN - 1);
    requester.receive(heartbeatAck(oldest));
    expect(requester.ask(heartbeat, 0, () => {})).toBe(true);
  });

  test('begins with another id in another life', () => {
    const first = lone(1);
    const second = lone(2);
    first.requester.ask(heartbeat, 0, () => {});
    second.requester.ask(heartbeat, 0, () => {});
    expect(first.sent[0]?.id).not.toBe(second.sent[0]?.id);
  });
});

describe('a responder', () => {
  const ack: Answer = { kind: 'heartbeat-ack' };

  test('executes once, keeps silent while it works, and repeats the answer', () => {
    const responder = new Responder(5);
    expect(responder.begin(7)).toEqual({ state: 'new' });
    expect(responder.begin(7)).toEqual({ state: 'in-progress' });
    responder.finish(7, ack);
    expect(responder.begin(7)).toEqual({ state: 'answered', answer: ack });
    expect(responder.begin(6)).toEqual({ state: 'new' });
  });

  test('remembers the last ID_SPAN ids, and executes nothing that is older', () => {
    const responder = new Responder(0);
    for (let id = 1; id <= 1000; id++) {
      expect(responder.begin(id)).toEqual({ state: 'new' });
      responder.finish(id, ack);
    }
    for (let id = 1; id <= 1000 - ID_SPAN; id++) expect(responder.begin(id)).toEqual({ state: 'outside' });
    for (let id = 1001 - ID_SPAN; id <= 1000; id++) expect(responder.begin(id).state).toBe('answered');
  });

  test('does not take back what it forgot', () => {
    const responder = new Responder(0);
    responder.begin(1);
    responder.begin(1 + ID_SPAN);
    responder.finish(1, ack);
    expect(responder.begin(1)).toEqual({ state: 'outside' });
  });

  test('takes what a requester sends that waits for its first request, and is not led on by what none sends', () => {
    const responder = new Responder(100);
    for (const id of [101 + ID_SPAN, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      expect(responder.begin(id)).toEqual({ state: 'outside' });
    }
    expect(responder.begin(100 + ID_SPAN)).toEqual({ state: 'new' });
    for (let id = 101; id < 100 + ID_SPAN; id++) expect(responder.begin(id)).toEqual({ state: 'new' });
  });
});
