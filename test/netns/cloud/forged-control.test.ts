/**
 * What somebody on the underlay, who is no host, can bring about with control datagrams, and what not. The control
 * protocol authenticates nobody yet: where a test says that something is believed, a later release refuses it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Body, Message } from '../../../src/control/messages.ts';
import {
  agentStatus,
  type ControlFacts,
  controlDatagram,
  controlFacts,
  harm,
  mapperStatus,
} from '../../kit/netns/forged-control.ts';
import { type ForgeryScene, forgeryCloud, forgeryScene } from '../../kit/netns/forgery-scene.ts';
import { devicesHere, NOTHING } from '../../kit/netns/left-behind.ts';
import { type ForgedDatagram, OUTSIDER_ADDRESS } from '../../kit/netns/outsider.ts';
import { TestLab } from '../../kit/netns/test-lab.ts';
import { until } from '../../kit/netns/until.ts';

const LIMIT_MS = 15_000;
/** More than a session of a few seconds has pushes, so that one of them is the next. */
const SEQUENCES = 100;
const BOOT = 'f0f0f0f0f0f0f0f0';
/** Ethernet, IPv4 and UDP headers of a captured answer, and the longest message that tells a stranger why. */
const LONGEST_ANSWER = 14 + 28 + 160;
const NOTHING_SEEN = { drops: {}, delivered: {}, answers: [] };

const lab = new TestLab(forgeryCloud(`wt-fct-${process.pid}`));
const devicesBefore = devicesHere();
const mapper = `${lab.cloud.mapper}:7791`;
const outsider = `${OUTSIDER_ADDRESS}:4000`;
let scene: ForgeryScene;
let facts: ControlFacts;
/** Of host y: what its agent speaks from. */
let agentOfY: string;

beforeAll(async () => {
  await lab.up();
  scene = await forgeryScene(lab);
  facts = await controlFacts(lab);
  agentOfY = facts.endpoints[1] ?? '';
});

afterAll(async () => {
  await scene?.outsider.detach();
  expect(await lab.down()).toEqual(NOTHING);
  expect(devicesHere()).toEqual(devicesBefore);
});

/** Pushes of a session with every sequence that may be the next. */
function pushes(session: number, items: readonly ReturnType<typeof harm>[number][]): Message[] {
  return Array.from({ length: SEQUENCES }, (_, at) => {
    return { id: 0, session, body: { kind: 'push', sequence: at + 1, items } };
  });
}

async function sessionOfY(): Promise<number> {
  return (await agentStatus(lab, 'y')).mapper.session;
}

async function counterOfY(name: string): Promise<number> {
  return (await agentStatus(lab, 'y')).counters[name] ?? 0;
}

async function counterOfMapper(name: string): Promise<number> {
  return (await mapperStatus(lab)).counters?.[name] ?? 0;
}

/** Sends, waits until all are counted, and returns what else was seen. */
async function forgeCounted(datagrams: readonly ForgedDatagram[], count: () => Promise<number>) {
  const before = await count();
  return scene.watch.during(0, async () => {
    await scene.outsider.send(datagrams);
    await until('all are counted', LIMIT_MS, async () => (await count()) - before >= datagrams.length);
    expect((await count()) - before).toBe(datagrams.length);
  });
}

describe('an agent', () => {
  test.each([
    { what: "the outsider's own address", from: outsider },
    { what: "the outsider's own address and the mapping daemon's port", from: `${OUTSIDER_ADDRESS}:7791` },
    { what: "the mapping daemon's address and another port", from: `${lab.cloud.mapper}:4000` },
    { what: 'another host', from: `${lab.cloud.hosts['x']}:7791` },
  ])('hears nothing from $what, even in the right session', async ({ from }) => {
    const datagrams = pushes(await sessionOfY(), harm(scene.good.agreement)).map((message) =>
      controlDatagram(from, agentOfY, message),
    );
    const seen = await forgeCounted(datagrams, () => counterOfY('controlDatagramsOfStrangers'));
    expect(seen).toEqual(NOTHING_SEEN);
    expect(await controlFacts(lab)).toEqual(facts);
  });

  test("hears nothing in the mapping daemon's name in sessions that are guessed, or another host's", async () => {
    const [ofX = 0, ofY = 0, ofZ = 0] = facts.sessions;
    const guesses = [1, ofX, ofZ, ofY > 1 ? ofY - 1 : 2, 2 ** 32 - 1].filter((guess) => guess !== ofY);
    for (const guess of guesses) {
      const datagrams = pushes(guess, harm(scene.good.agreement)).map((push) =>
        controlDatagram(mapper, agentOfY, push),
      );
      const seen = await forgeCounted(datagrams, () => counterOfY('controlDatagramsOfOtherSessions'));
      expect(seen).toEqual(NOTHING_SEEN);
    }
    expect(await controlFacts(lab)).toEqual(facts);
  });

  test('takes no answer to what it did not ask, in no session or in its own', async () => {
    const session = await sessionOfY();
    const items = harm(scene.good.agreement);
    const bodies: readonly Body[] = [
      { kind: 'refused', code: 'unknown-session', reason: 'go away' },
      { kind: 'sync-page', items, next: '' },
      { kind: 'lookup-answer', items },
      { kind: 'heartbeat-ack' },
      { kind: 'report-ack' },
    ];
    const ids = [1, 2, 3, 2 ** 16, 2 ** 32, 2 ** 48];
    const answers = bodies.flatMap((body) => ids.map((id) => ({ id, session, body })));
    const registered: Body = { kind: 'registered', session: 7, incarnation: 'new', heartbeatMs: 60_000 };
    const outside = ids.flatMap((id): Message[] => {
      return [registered, ...bodies.slice(0, 1)].map((body) => ({ id, session: 0, body }));
    });
    const before = await counterOfY('controlDatagrams');
    const seen = await scene.watch.during(0, async () => {
      await scene.outsider.send([...answers, ...outside].map((one) => controlDatagram(mapper, agentOfY, one)));
      await until('all are heard', LIMIT_MS, async () => {
        return (await counterOfY('controlDatagrams')) - before >= answers.length + outside.length;
      });
    });
    expect(seen).toEqual(NOTHING_SEEN);
    expect(await controlFacts(lab)).toEqual(facts);
  });
});

describe('the mapping daemon', () => {
  const requests: readonly Body[] = [
    { kind: 'heartbeat' },
    { kind: 'sync', cursor: '' },
    { kind: 'lookup', keys: [{ gni: 1001, address: 0x0a010232 }] },
    { kind: 'report', ports: [{ name: 'a50', revision: 1_000_000, state: 'lost' }] },
  ];

  test('answers who names a session that it does not know with one short refusal, and does nothing', async () => {
    const datagrams = requests.flatMap((body) =>
      [1, 2 ** 32 - 1].map((session) => controlDatagram(outsider, mapper, { id: 9, session, body })),
    );
    const seen = await forgeCounted(datagrams, () => counterOfMapper('unknownSession'));
    expect(seen).toMatchObject({ drops: {}, delivered: {} });
    expect(seen.answers).toHaveLength(datagrams.length);
    for (const answer of seen.answers) expect(answer.length / 2).toBeLessThanOrEqual(LONGEST_ANSWER);
    expect(await controlFacts(lab)).toEqual(facts);
  });

  test('answers who registers as a host that there is not with one short refusal', async () => {
    const body: Body = { kind: 'register', host: 'nobody', boot: BOOT, agentVersion: '1.0.0', frameworks: ['udp/2.0'] };
    const datagrams = [5, 6].map((id) => controlDatagram(outsider, mapper, { id, session: 0, body }));
    const seen = await forgeCounted(datagrams, () => counterOfMapper('refused'));
    expect(seen.answers).toHaveLength(datagrams.length);
    for (const answer of seen.answers) expect(answer.length / 2).toBeLessThanOrEqual(LONGEST_ANSWER);
    expect(await controlFacts(lab)).toEqual(facts);
  });

  test('says nothing to acknowledgements of unknown sessions, and to what only it says itself', async () => {
    const heard = await counterOfMapper('datagrams');
    const acks = [1, 2 ** 32 - 1].map(
      (session): Message => ({ id: 0, session, body: { kind: 'push-ack', sequence: 1 } }),
    );
    const own = pushes(1, harm(scene.good.agreement)).slice(0, 4);
    const forged = own.map((message) => controlDatagram(outsider, mapper, message));
    const seen = await forgeCounted(forged, () => counterOfMapper('unexpected'));
    expect(seen).toEqual(NOTHING_SEEN);
    const more = await scene.watch.during(0, async () => {
      await scene.outsider.send(acks.map((message) => controlDatagram(outsider, mapper, message)));
      await until('they are heard', LIMIT_MS, async () => (await counterOfMapper('datagrams')) >= heard + 6);
    });
    expect(more).toEqual(NOTHING_SEEN);
    expect(await controlFacts(lab)).toEqual(facts);
  });

  test("believes whoever registers in a host's name: its agent is refused until the other is silent", async () => {
    const sessionOfZ = async () => (await agentStatus(lab, 'z')).mapper;
    const before = (await sessionOfZ()).session;
    const frameworks = ['udp/2.0', 'udp/1.0', 'udp-pb/1.0'];
    const body: Body = { kind: 'register', host: 'z', boot: BOOT, agentVersion: '1.0.0', frameworks };
    const seen = await scene.watch.during(0, async () => {
      await scene.outsider.send([controlDatagram(outsider, mapper, { id: 77, session: 0, body })]);
      await until('the agent of z is refused', LIMIT_MS, async () => (await sessionOfZ()).refused);
      // What is known goes on being used.
      await scene.watch.cross('b30', 'b70');
    });
    expect(seen).toMatchObject({ drops: {}, delivered: {} });
    expect(seen.answers.length).toBeGreaterThan(0);
    expect((await mapperStatus(lab)).hosts.find(({ name }) => name === 'z')?.endpoint).toBe(outsider);

    await until('the agent of z is back', LIMIT_MS, async () => {
      const { state, session } = await sessionOfZ();
      return state === 'registered' && session !== before;
    });
    await scene.watch.cross('b30', 'b70');
  });
});

test('nothing else arrived, and honest traffic lost nothing', async () => {
  const { lost, sent } = await scene.stopHonest();
  expect(lost).toEqual([]);
  expect(sent).toBeGreaterThan(100);
  expect((await scene.watch.stop()).delivered).toEqual({});
});

test("an agent believes who speaks in the mapping daemon's name and read the session off the underlay", async () => {
  const items = harm(scene.good.agreement).slice(0, 1);
  const datagrams = pushes(await sessionOfY(), items).map((message) => controlDatagram(mapper, agentOfY, message));
  await scene.outsider.send(datagrams);
  await until('y has no b50', LIMIT_MS, async () => {
    return (await controlFacts(lab)).portsOfY.every((port) => !port.startsWith('b50'));
  });
});
