import { beforeEach, describe, expect, it } from 'vitest';
import type { TraceRequest } from '../../../src/admin/trace-documents.ts';
import { MAX_TRACES, TRACE_MISSING_MS, TRACE_RENEW_MS } from '../../../src/mapper/limits.ts';
import type { FakeAgent } from './fake-agent.ts';
import { changed, type TestCloud } from './test-cloud.ts';
import {
  begin,
  begun,
  inShort,
  isWithdrawn,
  itemOf,
  openScene,
  packetsOf,
  pass,
  report,
  sent,
  state,
} from './trace-scene.ts';

let cloud: TestCloud;
let agents: { readonly x: FakeAgent; readonly y: FakeAgent; readonly z: FakeAgent };

beforeEach(async () => {
  ({ cloud, agents } = await openScene());
});

describe('agents that come and go', () => {
  const beat = async (agent: FakeAgent, seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await cloud.clock.pass(1_000);
      await agent.ask({ kind: 'heartbeat' });
    }
  };

  it('are told again and again, and after a new start', async () => {
    const watched = await begun();
    agents.x.takePushed();
    await cloud.clock.pass(TRACE_RENEW_MS);
    expect(itemOf(agents.x)).toMatchObject({ port: 'a30' });
    agents.y.boot = '00000000000000bb';
    await agents.y.start();
    agents.y.takePushed();
    await sent(1);
    expect(packetsOf(watched).map(inShort)).toEqual(['1 unknown x y: not-asked']);
    await cloud.clock.pass(TRACE_RENEW_MS);
    expect(itemOf(agents.y)).toMatchObject({ port: undefined });
  });

  it('and are named where they are silent', async () => {
    const watched = await begun();
    agents.y.takesPushes = false;
    await beat(agents.x, 8);
    await sent(1);
    expect(packetsOf(watched).map(inShort)).toEqual(['1 unknown x y: silent']);
  });

  it('and are named where they refuse', async () => {
    const watched = begin();
    await state(agents.x, { isRefused: true });
    await cloud.clock.pass(200);
    const sender = { host: 'x', role: 'sender', state: 'refused' };
    expect(watched.told[0]).toMatchObject({ hosts: [sender, { host: 'y', state: 'tracing' }] });
  });

  it('and what they said before a new start does not count after it', async () => {
    const watched = await begun();
    const { session } = agents.y;
    agents.y.boot = '00000000000000bb';
    await agents.y.start();
    await cloud.clock.pass(TRACE_RENEW_MS);
    await sent(1);
    const trace = itemOf(agents.y)?.id ?? 0;
    await agents.y.ask(
      { kind: 'trace-state', trace, isRefused: false, untoldMs: 0, leftOut: 0, sampleBits: 0 },
      session,
    );
    await pass(TRACE_MISSING_MS);
    expect(packetsOf(watched).map(inShort)).toEqual(['1 unknown x y: not-asked']);
  });

  it('of a version that does not trace are not told', async () => {
    agents.y.version = '0.1.0';
    agents.y.boot = '00000000000000bb';
    await agents.y.start();
    const watched = await begun();
    await sent(1);
    expect(itemOf(agents.y)).toBeUndefined();
    expect(packetsOf(watched).map(inShort)).toEqual(['1 unknown x y: unsupported']);
    expect(watched.told[0]).toMatchObject({ hosts: [{}, { host: 'y', role: 'receiver', state: 'unsupported' }] });
  });

  it('follow a guest that moves', async () => {
    const watched = await begun();
    const before = agents.z.takePushed().length;
    await cloud.mapper.apply([changed('port', 'a50', { host: 'z', device: 'weft9' })]);
    await cloud.clock.pass(10);
    const port = agents.z.pushed.find((item) => item.kind === 'port' && item.name === 'a50');
    expect(before).toBe(0);
    await agents.z.report('a50', port !== undefined && 'revision' in port ? port.revision : 0, 'up');
    await cloud.clock.pass(TRACE_RENEW_MS);
    expect(isWithdrawn(agents.y)).toBe(true);
    await report(agents.x, { verdict: 'send', to: 'z' });
    await report(agents.z, { origin: 'x', to: 'a50' });
    expect(packetsOf(watched).map(inShort)).toEqual(['1 delivered x z']);
  });

  it('name the host that sent a packet, though the port has moved since', async () => {
    const watched = await begun();
    await pass(TRACE_RENEW_MS - 500);
    await sent(1);
    await cloud.mapper.apply([changed('port', 'a30', { host: 'z', device: 'weft9' })]);
    await cloud.clock.pass(10);
    const port = agents.z.pushed.find((item) => item.kind === 'port' && item.name === 'a30');
    await agents.z.report('a30', port !== undefined && 'revision' in port ? port.revision : 0, 'up');
    await cloud.clock.pass(500);
    expect([isWithdrawn(agents.x), itemOf(agents.z)?.port]).toEqual([true, 'a30']);
    await report(agents.y, { digest: '0000000000000001', to: 'a50', origin: 'x' });
    expect(packetsOf(watched).map(inShort)).toContain('1 delivered x y');
  });
});

describe('is refused', () => {
  const refused = (request: Partial<TraceRequest>) => expect(() => begin(request));

  it('for a port that there is not', () => {
    refused({ port: 'a99' }).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it('for a port that is not up', async () => {
    const revision = (await agents.x.sync()).find((item) => item.kind === 'port' && item.name === 'a30');
    await agents.x.report('a30', revision !== undefined && 'revision' in revision ? revision.revision : 0, 'lost');
    refused({}).toThrow(expect.objectContaining({ code: 'conflict', message: 'port a30 is not up on host x' }));
  });

  it('for a destination outside of the network, or no address', () => {
    const outside = {
      code: 'invalid',
      message: '10.9.9.9 is in no subnet of network a-net',
      hint: 'it has 10.1.2.0/24',
    };
    refused({ to: '10.9.9.9' }).toThrow(expect.objectContaining(outside));
    refused({ to: 'a50' }).toThrow(expect.objectContaining({ code: 'invalid' }));
    refused({ from: '10.1.2.300' }).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  it('while its host is silent, or its agent does not trace', async () => {
    agents.x.version = '0.1.0';
    agents.x.boot = '00000000000000bb';
    await agents.x.start();
    refused({}).toThrow(expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('0.1.0') }));
    await cloud.clock.pass(10_000);
    refused({}).toThrow(expect.objectContaining({ code: 'conflict', message: 'host x is silent' }));
  });

  it('above so many, until one ends', () => {
    const traces = Array.from({ length: MAX_TRACES }, () => begin());
    refused({}).toThrow(expect.objectContaining({ code: 'limit' }));
    traces[0]?.stop();
    begin();
  });

  it('and nobody is told', async () => {
    refused({ to: '10.9.9.9' }).toThrow();
    await cloud.clock.pass(1_000);
    expect([itemOf(agents.x), itemOf(agents.y)]).toEqual([undefined, undefined]);
  });
});
