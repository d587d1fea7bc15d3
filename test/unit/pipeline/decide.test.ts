import { describe, expect, it } from 'vitest';
import { buildIcmpEcho, buildIpv4 } from '../../../src/packet/build.ts';
import { PacketView } from '../../../src/packet/packet-view.ts';
import { ICMP_FRAGMENTATION_NEEDED, ICMP_UNREACHABLE, PROTOCOL_ICMP } from '../../../src/packet/protocols.ts';
import { decide, type TraceStep } from '../../../src/pipeline/decide.ts';
import { DROP_REASON_NAMES } from '../../../src/pipeline/drop-reasons.ts';
import { GUEST_STAGES, UNDERLAY_STAGES } from '../../../src/pipeline/stages.ts';
import { decodeHeader } from '../../../src/wire/header.ts';
import {
  addPort,
  address,
  GNI_A,
  GNI_B,
  hostItem,
  hostX,
  mappingItem,
  PORT_A30,
  PORT_A31,
  PORT_B30,
  UNDERLAY_PORT,
} from '../../kit/cloud-of-one.ts';
import { fromGuest, fromHost, HEADER_FROM_Y, laterFragment, udp } from './arrivals.ts';

describe('what a guest sends', () => {
  it('goes to the host that holds the destination, in the framework agreed with it', () => {
    const { outcome, isCacheable } = decide(hostX(), fromGuest(PORT_A30, udp('10.1.2.30', '10.1.2.50')));
    if (outcome.kind !== 'send') throw new Error(outcome.kind);
    expect(outcome.host).toBe('y');
    expect(outcome.destination).toEqual({ address: address('198.18.0.12'), port: UNDERLAY_PORT });
    const { framework, body } = decodeHeader(outcome.header);
    expect(framework.name).toBe('udp/2.0');
    expect(body).toEqual({ sourceGni: GNI_A, destinationGni: GNI_A, agreement: 1, labels: [] });
    expect(isCacheable).toBe(true);
  });

  it('is decided by the tenant of its port, whatever its addresses', () => {
    const { outcome } = decide(hostX(), fromGuest(PORT_B30, udp('10.1.2.30', '10.1.2.50')));
    if (outcome.kind !== 'send') throw new Error(outcome.kind);
    expect(outcome.host).toBe('z');
    expect(decodeHeader(outcome.header).body.sourceGni).toBe(GNI_B);
  });

  it('is delivered on the same host without the underlay', () => {
    const { outcome } = decide(hostX(), fromGuest(PORT_A30, udp('10.1.2.30', '10.1.2.31')));
    expect(outcome).toEqual({ kind: 'deliver', port: PORT_A31 });
  });

  it('is not delivered on the same host into another tenant', () => {
    const { outcome } = decide(hostX(), fromGuest(PORT_B30, udp('10.1.2.30', '10.1.2.31')));
    expect(outcome).toMatchObject({ kind: 'hold', wanted: { gni: GNI_B, address: address('10.1.2.31') } });
  });

  it('waits for a mapping that is not known', () => {
    const { outcome, isCacheable } = decide(hostX(), fromGuest(PORT_A30, udp('10.1.2.30', '10.1.2.99')));
    expect(outcome).toEqual({ kind: 'hold', wanted: { gni: GNI_A, address: address('10.1.2.99') } });
    expect(isCacheable).toBe(false);
  });

  it('is told to be shorter when it is longer than the MTU', () => {
    const long = udp('10.1.2.30', '10.1.2.50', 1500);
    const { outcome } = decide(hostX(), fromGuest(PORT_A30, long));
    if (outcome.kind !== 'reply') throw new Error(outcome.kind);
    const view = new PacketView();
    expect(view.parse(outcome.packet)).toBeUndefined();
    expect([view.protocol, view.icmpType, view.icmpCode]).toEqual([
      PROTOCOL_ICMP,
      ICMP_UNREACHABLE,
      ICMP_FRAGMENTATION_NEEDED,
    ]);
    expect(view.destination).toBe(address('10.1.2.30'));
    const nextHopMtu = new DataView(outcome.packet.buffer).getUint16(view.headerLength + 6);
    expect(nextHopMtu).toBe(1400);
  });

  const drops: [string, number, Uint8Array, string][] = [
    ['a source of another port', PORT_A30, udp('10.1.2.31', '10.1.2.50'), 'spoofed-source'],
    ['a source of nobody', PORT_A30, udp('192.0.2.1', '10.1.2.50'), 'spoofed-source'],
    ['an underlay address as destination', PORT_A30, udp('10.1.2.30', '198.18.0.12'), 'no-subnet'],
    ['a broadcast', PORT_A30, udp('10.1.2.30', '255.255.255.255'), 'not-unicast'],
    ["its subnet's broadcast address", PORT_A30, udp('10.1.2.30', '10.1.2.255'), 'not-unicast'],
    ["its subnet's own address", PORT_A30, udp('10.1.2.30', '10.1.2.0'), 'not-unicast'],
    ['a later fragment that is too long', PORT_A30, laterFragment(1480), 'too-long'],
    ['multicast', PORT_A30, udp('10.1.2.30', '224.0.0.1'), 'not-unicast'],
    ['this-network', PORT_A30, udp('10.1.2.30', '0.0.0.0'), 'not-unicast'],
    ['loopback', PORT_A30, udp('10.1.2.30', '127.0.0.1'), 'not-unicast'],
    ['an unknown port', 77, udp('10.1.2.30', '10.1.2.50'), 'unknown-port'],
    ['IPv6', PORT_A30, Uint8Array.from([0x60, ...new Uint8Array(39)]), 'not-ipv4'],
    ['nothing', PORT_A30, new Uint8Array(0), 'too-short'],
  ];
  it.each(drops)('is dropped: %s', (_, port, bytes, reason) => {
    expect(decide(hostX(), fromGuest(port, bytes)).outcome).toMatchObject({ kind: 'drop', reason });
  });

  it('is dropped where the daemon said that nobody has the address', () => {
    const state = hostX();
    state.apply(mappingItem(GNI_A, '10.1.2.99', undefined), 0);
    const { outcome, isCacheable } = decide(state, fromGuest(PORT_A30, udp('10.1.2.30', '10.1.2.99')));
    expect(outcome).toEqual({ kind: 'drop', reason: 'no-such-guest' });
    expect(isCacheable).toBe(true);
  });

  it('is dropped where the mapping names this host and no port is up', () => {
    const state = hostX();
    state.apply(mappingItem(GNI_A, '10.1.2.99', 'x'), 0);
    const { outcome } = decide(state, fromGuest(PORT_A30, udp('10.1.2.30', '10.1.2.99')));
    expect(outcome).toEqual({ kind: 'drop', reason: 'port-not-up' });
  });

  it('is dropped where nothing is agreed with the host, and where the host is not known', () => {
    const state = hostX();
    state.apply(hostItem('w', '198.18.0.14'), 0);
    state.apply(mappingItem(GNI_A, '10.1.2.98', 'w'), 0);
    state.apply(mappingItem(GNI_A, '10.1.2.99', 'nobody'), 0);
    const toW = decide(state, fromGuest(PORT_A30, udp('10.1.2.30', '10.1.2.98')));
    const toNobody = decide(state, fromGuest(PORT_A30, udp('10.1.2.30', '10.1.2.99')));
    expect(toW.outcome).toEqual({ kind: 'drop', reason: 'no-agreement' });
    expect(toNobody.outcome).toEqual({ kind: 'drop', reason: 'unknown-host' });
  });

  it('wears the label stack of its network, where the framework has one', () => {
    const state = hostX();
    addPort(state, 9, 'c30', 3003, 'c-net', ['10.1.2.30'], [16, 1048575]);
    state.apply(
      {
        kind: 'subnet',
        name: 'c-lan',
        revision: 1,
        gni: 3003,
        network: 'c-net',
        prefix: { address: address('10.1.2.0'), length: 24 },
      },
      0,
    );
    state.apply(mappingItem(3003, '10.1.2.50', 'y'), 0);
    state.apply(mappingItem(3003, '10.1.2.70', 'z'), 0);
    const toY = decide(state, fromGuest(9, udp('10.1.2.30', '10.1.2.50'))).outcome;
    if (toY.kind !== 'send') throw new Error(toY.kind);
    expect(decodeHeader(toY.header).body.labels).toEqual([16, 1048575]);
    const toZ = decide(state, fromGuest(9, udp('10.1.2.30', '10.1.2.70'))).outcome;
    expect(toZ).toEqual({ kind: 'drop', reason: 'labels-unsupported' });
  });

  it('is never cached when it is a fragment, an ICMP error or has IP options', () => {
    const source = address('10.1.2.30');
    const destination = address('10.1.2.50');
    const payload = new Uint8Array(16);
    const fragment = buildIpv4({ source, destination, protocol: 17, payload, moreFragments: true });
    const later = buildIpv4({ source, destination, protocol: 17, payload, fragmentOffset: 8 });
    const options = buildIpv4({ source, destination, protocol: 99, payload, options: new Uint8Array([1, 1, 1, 1]) });
    const error = buildIpv4({
      source,
      destination,
      protocol: 1,
      payload: new Uint8Array([3, 1, 0xfc, 0xfe, 0, 0, 0, 0]),
    });
    for (const bytes of [fragment, later, options, error]) {
      const { outcome, isCacheable } = decide(hostX(), fromGuest(PORT_A30, bytes));
      expect(outcome.kind).toBe('send');
      expect(isCacheable).toBe(false);
    }
  });
});

describe('the trace', () => {
  it('names the stages passed, in order, and ends with the outcome', () => {
    const trace: TraceStep[] = [];
    decide(hostX(), fromGuest(PORT_A30, udp('10.1.2.30', '10.1.2.50')), trace);
    expect(trace.map(({ stage }) => stage)).toEqual(GUEST_STAGES.map(({ name }) => name));
    expect(trace.map(({ verdict }) => verdict)).toEqual([...GUEST_STAGES.slice(1).map(() => 'pass'), 'send']);
    expect(trace.at(-2)?.detail).toContain('agreement 1, udp/2.0');
  });

  it('describes every stage of both pipelines, dropped or not', () => {
    const ping = buildIcmpEcho({ source: address('10.1.2.50'), destination: address('10.1.2.30'), id: 1, sequence: 1 });
    const trace: TraceStep[] = [];
    decide(hostX(), fromHost('198.18.0.12', HEADER_FROM_Y, ping), trace);
    expect(trace.map(({ stage }) => stage)).toEqual(UNDERLAY_STAGES.map(({ name }) => name));
    for (const { detail } of trace) expect(detail).not.toBe('');
  });

  it('decides the same with and without it', () => {
    for (const bytes of [udp('10.1.2.30', '10.1.2.50'), udp('10.1.2.31', '10.1.2.50'), new Uint8Array(2)]) {
      const arrival = fromGuest(PORT_A30, bytes);
      expect(decide(hostX(), arrival, [])).toEqual(decide(hostX(), arrival));
    }
  });
});

it('drop reasons are few words, each explained', () => {
  for (const reason of DROP_REASON_NAMES) expect(reason).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  expect(new Set(DROP_REASON_NAMES).size).toBe(DROP_REASON_NAMES.length);
});
