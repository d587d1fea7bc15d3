import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PacketFate } from '../../../../src/admin/stream-documents.ts';
import { JOIN_WAIT_MS, MAX_WAITING, VerdictJoin } from '../../../../src/cli/capture/verdict-join.ts';

function fate(to: string): PacketFate {
  return { time: '2026-11-20T10:00:00.000000000Z', verdict: 'send', to };
}

const taken = (join: VerdictJoin<string>, now: number, isEnding = false) =>
  join.take(now, isEnding).map(({ frame, fate: known }) => [frame, known?.to]);

describe('joining datagrams with what the agent tells', () => {
  it.each(['before', 'after'])('the fate comes %s the datagram', (order) => {
    const join = new VerdictJoin<string>();
    if (order === 'before') join.told('k', fate('y'), 0);
    join.captured('k', 'frame', 0);
    if (order === 'after') join.told('k', fate('y'), 5);
    expect(taken(join, 6)).toEqual([['frame', 'y']]);
    expect(join.waiting).toBe(0);
  });

  it('keeps the order of the wire', () => {
    const join = new VerdictJoin<string>();
    for (const key of ['a', 'b', 'c']) join.captured(key, key, 0);
    join.told('c', fate('3'), 1);
    join.told('b', fate('2'), 1);
    expect(taken(join, 1)).toEqual([]);
    join.told('a', fate('1'), 2);
    expect(taken(join, 2)).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ]);
  });

  it('lets a datagram go without a fate when none came in time, and all at the end', () => {
    const join = new VerdictJoin<string>();
    join.captured('a', 'a', 0);
    join.captured('b', 'b', 10);
    expect(taken(join, JOIN_WAIT_MS - 1)).toEqual([]);
    expect(taken(join, JOIN_WAIT_MS)).toEqual([['a', undefined]]);
    expect(taken(join, JOIN_WAIT_MS, true)).toEqual([['b', undefined]]);
  });

  it('gives the fates of equal datagrams out in their order, and each once', () => {
    const join = new VerdictJoin<string>();
    join.captured('k', 'first', 0);
    join.told('k', fate('1'), 0);
    join.told('k', fate('2'), 0);
    join.captured('k', 'second', 0);
    join.captured('k', 'third', 0);
    expect(taken(join, 1, true)).toEqual([
      ['first', '1'],
      ['second', '2'],
      ['third', undefined],
    ]);
  });

  it('forgets what was told of a datagram that is never captured, and counts it', () => {
    const join = new VerdictJoin<string>();
    join.told('k', fate('y'), 0);
    taken(join, JOIN_WAIT_MS);
    join.captured('k', 'late', JOIN_WAIT_MS);
    expect(taken(join, JOIN_WAIT_MS + 1, true)).toEqual([['late', undefined]]);
    expect(join.notCaptured).toBe(1);
  });

  it('forgets what was told in the order in which it was told, whatever key came anew in between', () => {
    const join = new VerdictJoin<string>();
    join.told('a', fate('1'), 0);
    join.told('b', fate('2'), 0);
    join.told('a', fate('3'), 500);
    join.captured('a', 'a', 500);
    expect(taken(join, JOIN_WAIT_MS)).toEqual([['a', '1']]);
    expect(join.notCaptured).toBe(1);
  });

  it('does not count what is told too late as not captured, and gives it to no equal datagram', () => {
    const join = new VerdictJoin<string>();
    join.captured('k', 'first', 0);
    expect(taken(join, JOIN_WAIT_MS)).toEqual([['first', undefined]]);
    join.captured('k', 'second', JOIN_WAIT_MS + 1);
    join.told('k', fate('1'), JOIN_WAIT_MS + 2);
    join.told('k', fate('2'), JOIN_WAIT_MS + 3);
    expect(taken(join, JOIN_WAIT_MS + 4)).toEqual([['second', '2']]);
    taken(join, 5 * JOIN_WAIT_MS);
    expect(join.notCaptured).toBe(0);
  });

  it('gives equal datagrams no fate where one of theirs may be lost', () => {
    const join = new VerdictJoin<string>();
    join.captured('k', 'first', 0);
    join.captured('other', 'other', 0);
    join.captured('k', 'second', 0);
    join.lost();
    join.told('k', fate('2'), 1);
    join.told('other', fate('3'), 1);
    expect(taken(join, 2)).toEqual([
      ['first', undefined],
      ['other', '3'],
      ['second', undefined],
    ]);
  });

  it('gives a datagram none of several fates where its equal may not have been captured', () => {
    const join = new VerdictJoin<string>();
    join.told('k', fate('1'), 0);
    join.told('k', fate('2'), 0);
    join.lost();
    join.captured('k', 'second', 1);
    expect(taken(join, 2, true)).toEqual([['second', undefined]]);
  });

  it('holds so many and no more', () => {
    const join = new VerdictJoin<string>();
    for (let at = 0; at <= MAX_WAITING; at++) join.captured(`k${at}`, `f${at}`, 0);
    expect(taken(join, 0)).toEqual([['f0', undefined]]);
    for (let at = 0; at < MAX_WAITING + 5; at++) join.told(`t${at}`, fate('y'), 0);
    expect(join.notCaptured).toBe(5);
  });

  it('every datagram leaves once, in order, with a fate of its own key or none', () => {
    const step = fc.record({ isFrame: fc.boolean(), key: fc.constantFrom('a', 'b', 'c'), wait: fc.nat(700) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const join = new VerdictJoin<string>();
        const left: string[][] = [];
        const keys: string[] = [];
        let now = 0;
        for (const { isFrame, key, wait } of steps) {
          now += wait;
          if (isFrame) join.captured(key, `${key}${keys.push(key)}`, now);
          else join.told(key, fate(key), now);
          left.push(...join.take(now).map((one) => [one.frame, one.fate?.to ?? '']));
        }
        left.push(...join.take(now, true).map((one) => [one.frame, one.fate?.to ?? '']));
        expect(left.map(([frame]) => frame)).toEqual(keys.map((key, at) => `${key}${at + 1}`));
        for (const [frame, to] of left) expect(['', frame?.[0]]).toContain(to);
        expect(join.waiting).toBe(0);
      }),
    );
  });
});
