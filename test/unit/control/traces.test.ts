import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../../../src/control/codec.ts';
import { splitVersion, versionWithFeatures } from '../../../src/control/features.ts';
import { fitStages } from '../../../src/control/fit-stages.ts';
import { MAX_COUNTER, MAX_MESSAGE_BYTES, SESSION_LAYER_BYTES } from '../../../src/control/messages.ts';
import { sampleLevel } from '../../../src/control/sampling.ts';
import { MAX_TRACE_STAGES, MAX_TRACE_TEXT, type TraceStage } from '../../../src/control/trace-messages.ts';

const anyStage: fc.Arbitrary<TraceStage> = fc.record({
  name: fc.stringMatching(/^[a-z][a-z0-9-]{0,23}$/),
  verdict: fc.constant('pass'),
  detail: fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 900, size: 'max' })),
});

const detailBytes = (stages: readonly TraceStage[]) =>
  stages.reduce((sum, { name, detail }) => sum + name.length + detail.length, 0);

describe('stages', () => {
  it('are cut so that any report of them is one message', () => {
    fc.assert(
      fc.property(fc.array(anyStage, { minLength: 1, maxLength: 20 }), (stages) => {
        const fitting = fitStages(stages);
        expect(detailBytes(fitting)).toBeLessThanOrEqual(MAX_TRACE_TEXT);
        const body = {
          kind: 'trace-report',
          trace: 2 ** 32 - 1,
          digest: 'f'.repeat(16),
          timeUs: MAX_COUNTER,
          seen: MAX_COUNTER,
          sampleBits: 64,
          origin: 'o'.repeat(63),
          verdict: 'drop',
          to: 't'.repeat(63),
          reason: 'r'.repeat(32),
          record: 'k'.repeat(80),
          recordRevision: MAX_COUNTER,
          again: 'a'.repeat(32),
          stages: fitting,
        } as const;
        const bytes = encodeMessage({ id: MAX_COUNTER, session: 2 ** 32 - 1, body });
        expect(bytes.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES - SESSION_LAYER_BYTES);
      }),
    );
  });

  it('that fit stay as they are', () => {
    const stages: TraceStage[] = Array.from({ length: MAX_TRACE_STAGES }, (_, at) => {
      return { name: `stage-${at}`, verdict: 'pass', detail: 'd'.repeat(40) };
    });
    expect(fitStages(stages)).toEqual(stages);
  });

  it('lose their longest details first', () => {
    const short: TraceStage = { name: 'parse', verdict: 'pass', detail: 'short' };
    const long: TraceStage = { name: 'source-check', verdict: 'drop', detail: 'l'.repeat(2000) };
    const [first, second] = fitStages([short, long]);
    expect(first).toEqual(short);
    expect(second?.detail).toMatch(/^l+\.\.\.$/);
    expect(detailBytes([short, second ?? long])).toBe(MAX_TRACE_TEXT);
  });
});

describe('what an agent knows', () => {
  it.each(['0.1.0', '0.1.0+build.7', '1.0.0-rc.1'])('is said with its version %s, and read back', (version) => {
    const said = versionWithFeatures(version);
    expect(splitVersion(said)).toEqual({ version, features: new Set(['trace']) });
    expect(splitVersion(version)).toEqual({ version, features: new Set() });
  });

  it('that the daemon does not know stays a part of the version', () => {
    expect(splitVersion('9.0.0+trace.telepathy')).toEqual({
      version: '9.0.0+telepathy',
      features: new Set(['trace']),
    });
  });
});

it.each([
  ['0000000000000000', 64],
  ['8000000000000000', 63],
  ['0000000000000001', 0],
  ['00000000000000a0', 5],
  ['0000000100000000', 32],
])('%s ends in %d zeros', (digest, level) => {
  expect(sampleLevel(digest)).toBe(level);
});
