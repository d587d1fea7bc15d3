import { describe, expect, it } from 'vitest';
import type { ExplainRequest } from '../../../src/admin/documents.ts';
import { explain } from '../../../src/agent/explain.ts';
import { UserError } from '../../../src/base/errors.ts';
import { GUEST_STAGES, UNDERLAY_STAGES } from '../../../src/pipeline/stages.ts';
import { openAgent, openReadyAgent, udpPacket } from '../../kit/agent-bench.ts';
import { GNI_A, header, mappingItem } from '../../kit/cloud-of-one.ts';

const OUT = hex(udpPacket('10.1.2.30', '10.1.2.50'));
const IN = hex(udpPacket('10.1.2.50', '10.1.2.30'));
const HEADER = hex(header('udp/2.0', { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 2, labels: [] }));

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

async function openKnowing(host: string | undefined) {
  const opened = await openReadyAgent();
  opened.daemon.push(1, [mappingItem(GNI_A, '10.1.2.50', host, 8)]);
  await opened.clock.run(10);
  return opened;
}

describe('a packet of a guest is explained', () => {
  it('with every stage, where it goes and under which agreement', async () => {
    const { agent } = await openKnowing('y');
    const document = explain(agent, { port: 'a30', packet: OUT });
    expect(document).toEqual({
      schema: 'netweft.explain/v1',
      outcome: 'send',
      stages: expect.any(Array),
      agreement: { id: 1, framework: 'udp/2.0', sender: 'x', receiver: 'y' },
      to: 'y at 198.18.0.12:7790',
      cacheable: true,
      reads: expect.arrayContaining([
        'network a-net',
        'port a30',
        'subnet a-lan 10.1.2.0/24',
        'mapping 1001/10.1.2.50',
        'host y',
        'agreement 1 x to y',
      ]),
    });
    expect(document.stages.map(({ stage }) => stage)).toEqual(GUEST_STAGES.map(({ name }) => name));
    expect(document.stages.at(-1)?.verdict).toBe('send');
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  it('with the reason for which it is dropped, and what that means', async () => {
    const { agent } = await openKnowing(undefined);
    const document = explain(agent, { port: 'a30', packet: OUT });
    expect(document).toMatchObject({ outcome: 'drop', reason: 'no-such-guest' });
    expect(document.meaning).toContain('no live port');
    expect(document).not.toHaveProperty('to');
    expect(document).not.toHaveProperty('agreement');
  });

  it('as held while its mapping is not known', async () => {
    const { agent } = await openReadyAgent();
    expect(explain(agent, { port: 'a30', packet: OUT })).toMatchObject({ outcome: 'hold', cacheable: false });
  });

  it('in capitals too', async () => {
    const { agent } = await openKnowing('y');
    expect(explain(agent, { port: 'a30', packet: OUT.toUpperCase() }).outcome).toBe('send');
  });
});

describe('a datagram of a host is explained', () => {
  it('with the agreement that its header names and the port that it reaches', async () => {
    const { agent } = await openKnowing('y');
    const document = explain(agent, { from: '198.18.0.12:7790', header: HEADER, packet: IN });
    expect(document).toMatchObject({
      outcome: 'deliver',
      to: 'a30',
      agreement: { id: 2, framework: 'udp/2.0', sender: 'y', receiver: 'x' },
    });
    expect(document.stages.map(({ stage }) => stage)).toEqual(UNDERLAY_STAGES.map(({ name }) => name));
    expect(explain(agent, { from: '198.18.0.12', header: HEADER, packet: IN })).toEqual(document);
  });

  it('with how long a contradiction is believed', async () => {
    const { agent } = await openKnowing('z');
    const document = explain(agent, { from: '198.18.0.12', header: HEADER, packet: IN });
    expect(document).toMatchObject({ outcome: 'drop', reason: 'source-not-there', validForMs: 1000 });
  });

  it('however broken its header is', async () => {
    const { agent } = await openReadyAgent();
    const document = explain(agent, { from: '198.18.0.12', header: 'ff', packet: IN });
    expect(document).toMatchObject({ outcome: 'drop', reason: 'bad-header' });
  });
});

it('explaining changes nothing and sends nothing', async () => {
  const { agent, daemon, clock, sent } = await openReadyAgent();
  explain(agent, { port: 'a30', packet: OUT });
  explain(agent, { from: '198.18.0.12', header: HEADER, packet: IN });
  await clock.run(100);
  expect(sent).toEqual([]);
  expect(daemon.bodies('lookup')).toEqual([]);
  expect(agent.options.fastPath.status()).toMatchObject({ flows: 0, contexts: 0, upcalls: 0 });
  expect([...agent.options.fastPath.drops().values()].every((count) => count === 0)).toBe(true);
});

describe('what cannot be explained is refused', () => {
  const from = '198.18.0.12:7790';
  const invalid: [string, ExplainRequest, RegExp][] = [
    ['no origin', { packet: OUT }, /either from a port, or from a host/],
    ['two origins', { port: 'a30', from, header: HEADER, packet: OUT }, /either from a port, or from a host/],
    ['a port with a header', { port: 'a30', header: HEADER, packet: OUT }, /either from a port, or from a host/],
    ['a host without a header', { from, packet: OUT }, /either from a port, or from a host/],
    ['a header without a host', { header: HEADER, packet: OUT }, /either from a port, or from a host/],
    ['no endpoint', { from: 'host-y', header: HEADER, packet: IN }, /host-y is no underlay endpoint/],
    ['no packet', { port: 'a30', packet: '' }, /packet is not hexadecimal/],
    ['half a byte', { port: 'a30', packet: `${OUT}0` }, /packet is not hexadecimal/],
    ['no digits', { port: 'a30', packet: '45 00' }, /packet is not hexadecimal/],
    ['a line end', { port: 'a30', packet: `${OUT}\n` }, /packet is not hexadecimal/],
    ['a header of no digits', { from, header: 'zz', packet: IN }, /header is not hexadecimal/],
    ['a packet longer than any', { port: 'a30', packet: '00'.repeat(65_536) }, /packet/],
  ];
  it.each(invalid)('%s', async (_, request, message) => {
    const { agent } = await openReadyAgent();
    const refusal = refused(() => explain(agent, request));
    expect(refusal).toMatchObject({ code: 'invalid', message: expect.stringMatching(message) });
    expect(refusal.hint).toBeTruthy();
  });

  it('a port that is not here, with those that are', async () => {
    const { agent } = await openReadyAgent();
    const refusal = refused(() => explain(agent, { port: 'a31', packet: OUT }));
    expect(refusal).toMatchObject({ code: 'not-found', message: 'port a31 is not on this host' });
    expect(refusal.hint).toContain('a30');
  });

  it('a port that is not up, with what it is', async () => {
    const { agent } = await openReadyAgent();
    agent.ports.lost(0, 'down');
    const refusal = refused(() => explain(agent, { port: 'a30', packet: OUT }));
    expect(refusal).toMatchObject({ code: 'not-found', message: 'port a30 is lost, not up' });
  });

  it('any port, where there is none', () => {
    const { agent } = openAgent();
    const refusal = refused(() => explain(agent, { port: 'a30', packet: OUT }));
    expect(refusal.hint).toContain('none');
  });
});

function refused(run: () => unknown): UserError {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
