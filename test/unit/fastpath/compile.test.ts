import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/fastpath/compile.ts';
import type { Decision, Outcome } from '../../../src/pipeline/outcome.ts';
import { address } from '../../kit/cloud-of-one.ts';

function decision(outcome: Outcome, change: Partial<Decision> = {}): Decision {
  return {
    outcome,
    context: undefined,
    isCacheable: true,
    maxLength: 1400,
    validForMs: Number.POSITIVE_INFINITY,
    reads: [3, 5],
    decidedBy: 5,
    ...change,
  };
}

const SEND = {
  kind: 'send',
  host: 'y',
  destination: { address: address('198.18.0.12'), port: 7790 },
  header: Uint8Array.from([2, 0, 0, 4]),
  agreement: 1,
  framework: 'udp/2.0',
} as const satisfies Outcome;

describe('a decision becomes a flow entry', () => {
  it.each<Outcome>([{ kind: 'deliver', port: 4 }, SEND, { kind: 'drop', reason: 'no-such-guest' }])(
    'that does the same: $kind',
    (outcome) => {
      expect(compile(decision(outcome), 100)).toEqual({
        kind: 'flow',
        action: outcome,
        cache: { maxLength: 1400, validUntil: Number.POSITIVE_INFINITY, reads: [3, 5] },
      });
    },
  );

  it('that ends when the decision does', () => {
    const compiled = compile(decision({ kind: 'deliver', port: 4 }, { validForMs: 250 }), 100);
    expect(compiled).toMatchObject({ cache: { validUntil: 350 } });
  });

  it('only where it may be repeated', () => {
    const compiled = compile(decision(SEND, { isCacheable: false }), 100);
    expect(compiled).toEqual({ kind: 'flow', action: SEND, cache: undefined });
  });

  it('without the doubt of a drop', () => {
    const doubted = { gni: 1, address: 2 };
    const compiled = compile(decision({ kind: 'drop', reason: 'source-not-there', doubted }), 100);
    expect(compiled).toMatchObject({ action: { kind: 'drop', reason: 'source-not-there' } });
    expect(compiled).not.toHaveProperty('action.doubted');
  });
});

it('a packet that is held stays unanswered', () => {
  expect(compile(decision({ kind: 'hold', wanted: { gni: 1, address: 2 } }), 100)).toBeUndefined();
});

it('a packet that is answered becomes the answer, for this once', () => {
  const packet = new Uint8Array(20);
  const compiled = compile(decision({ kind: 'reply', port: 1, packet }), 100);
  expect(compiled).toEqual({ kind: 'reply', port: 1, packet });
});
