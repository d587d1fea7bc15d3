import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_EARLY_REPORTS, TRACE_MISSING_MS, TRACE_WARM_UP_MS } from '../../../src/mapper/limits.ts';
import type { FakeAgent } from './fake-agent.ts';
import type { TestCloud } from './test-cloud.ts';
import { begin, begun, inShort, openScene, packetsOf, pass, received, sent, state } from './trace-scene.ts';

let cloud: TestCloud;
let agents: { readonly x: FakeAgent; readonly y: FakeAgent; readonly z: FakeAgent };

beforeEach(async () => {
  ({ cloud, agents } = await openScene());
});

describe('a packet that the other host has not told of is lost only where that one would have told', () => {
  const outcome = async (whenSent: () => Promise<void>) => {
    const watched = await begun();
    await sent(1);
    await whenSent();
    return packetsOf(watched).map(inShort);
  };

  it('and unknown where it says nothing more', async () => {
    expect(await outcome(() => cloud.clock.pass(TRACE_MISSING_MS))).toEqual(['1 unknown x y: untold']);
  });

  it('and unknown where it said before the packet could be there that it told of all', async () => {
    const once = async () => {
      await pass(400);
      await cloud.clock.pass(TRACE_MISSING_MS - 400);
    };
    expect(await outcome(once)).toEqual(['1 unknown x y: untold']);
  });

  it('and unknown where what it says may be from before', async () => {
    const late = async () => {
      await cloud.clock.pass(TRACE_MISSING_MS - 100);
      await state(agents.y);
      await cloud.clock.pass(100);
    };
    expect(await outcome(late)).toEqual(['1 unknown x y: untold']);
  });

  it('and unknown where a report has waited since before', async () => {
    expect(await outcome(() => pass(TRACE_MISSING_MS, { untoldMs: 5_000 }))).toEqual(['1 unknown x y: untold']);
  });

  it('and lost where only younger reports wait', async () => {
    expect(await outcome(() => pass(TRACE_MISSING_MS, { untoldMs: 20 }))).toEqual(['1 lost x y: unseen']);
  });

  it('and unknown where it left out packets meanwhile', async () => {
    expect(await outcome(() => pass(TRACE_MISSING_MS, { leftOut: 1 }))).toEqual(['1 unknown x y: left-out']);
  });

  it('and lost where that was long ago', async () => {
    const watched = await begun();
    await pass(3 * TRACE_MISSING_MS, { leftOut: 1 });
    await sent(1);
    await pass(TRACE_MISSING_MS, { leftOut: 1 });
    expect(packetsOf(watched).map(inShort)).toEqual(['1 lost x y: unseen']);
  });

  it('and unknown where it chose packets so that this one was not among them', async () => {
    expect(await outcome(() => pass(TRACE_MISSING_MS, { sampleBits: 1 }))).toEqual(['1 unknown x y: left-out']);
  });

  it('and unknown where it did not watch yet', async () => {
    const watched = begin();
    await cloud.clock.pass(TRACE_WARM_UP_MS);
    await sent(1);
    await pass(TRACE_MISSING_MS);
    expect(packetsOf(watched).map(inShort)).toEqual(['1 unknown x y: not-asked']);
  });

  it('and unknown where it refuses', async () => {
    const watched = await begun();
    await state(agents.y, { isRefused: true });
    await sent(1);
    expect(packetsOf(watched).map(inShort)).toEqual(['1 unknown x y: refused']);
    await state(agents.y);
    await sent(2);
    await pass(TRACE_MISSING_MS);
    expect(packetsOf(watched).map(inShort).at(-1)).toBe('2 lost x y: unseen');
  });

  it('and unknown where what it told of others had to be forgotten', async () => {
    const full = async () => {
      for (let other = 2; other < MAX_EARLY_REPORTS + 3; other++) await received(other);
      await pass(TRACE_MISSING_MS);
    };
    expect(await outcome(full)).toEqual(['1 unknown x y: left-out']);
  });
});
