import { describe, expect, it } from 'vitest';
import type { Arrival } from '../../../src/pipeline/arrival.ts';
import { decide } from '../../../src/pipeline/decide.ts';
import { address, agreementItem, GNI_A, GNI_B, header, hostX, PORT_A30 } from '../../kit/cloud-of-one.ts';
import { fromHost, HEADER_FROM_Y, HEADER_FROM_Z, udp } from './arrivals.ts';

describe('what another host sends', () => {
  const inner = udp('10.1.2.50', '10.1.2.30');

  it('is delivered to the port that has the destination', () => {
    const { outcome, context } = decide(hostX(), fromHost('198.18.0.12', HEADER_FROM_Y, inner));
    expect(outcome).toEqual({ kind: 'deliver', port: PORT_A30 });
    expect(context).toMatchObject({ peer: 'y', gni: GNI_A, agreement: 2, framework: 'udp/2.0' });
  });

  const changed = (body: Partial<Parameters<typeof header>[1]>, framework = 'udp/2.0') =>
    header(framework, { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 2, labels: [], ...body });
  const drops: [string, Arrival, string][] = [
    ['an unknown sender', fromHost('198.18.0.99', HEADER_FROM_Y, inner), 'unknown-sender'],
    ['a header that does not decode', fromHost('198.18.0.12', new Uint8Array([2, 0, 0, 5, 9]), inner), 'bad-header'],
    ["another host's agreement", fromHost('198.18.0.13', HEADER_FROM_Y, inner), 'wrong-agreement'],
    [
      'an agreement of the other direction',
      fromHost('198.18.0.12', changed({ agreement: 1 }), inner),
      'wrong-agreement',
    ],
    ['another version than agreed', fromHost('198.18.0.12', changed({}, 'udp/1.0'), inner), 'wrong-agreement'],
    [
      'tenants that are not connected',
      fromHost('198.18.0.12', changed({ destinationGni: GNI_B }), inner),
      'gni-mismatch',
    ],
    [
      'labels that the network does not wear',
      fromHost('198.18.0.12', changed({ labels: [7] }), inner),
      'labels-mismatch',
    ],
    [
      'a destination that is not here',
      fromHost('198.18.0.12', HEADER_FROM_Y, udp('10.1.2.50', '10.1.2.99')),
      'no-such-port',
    ],
    [
      'a source outside the network',
      fromHost('198.18.0.12', HEADER_FROM_Y, udp('192.0.2.1', '10.1.2.30')),
      'no-subnet',
    ],
    ['a source that lives elsewhere', fromHost('198.18.0.13', HEADER_FROM_Z, inner), 'source-not-there'],
    ['no packet', fromHost('198.18.0.12', HEADER_FROM_Y, new Uint8Array(3)), 'too-short'],
    [
      'a congestion mark that the flow cannot carry',
      fromHost('198.18.0.12', HEADER_FROM_Y, inner, 3),
      'ecn-not-capable',
    ],
  ];
  it.each(drops)('is dropped: %s', (_, arrival, reason) => {
    expect(decide(hostX(), arrival).outcome).toMatchObject({ kind: 'drop', reason });
  });

  it('waits where it is not known who holds its source', () => {
    const { outcome } = decide(hostX(), fromHost('198.18.0.12', HEADER_FROM_Y, udp('10.1.2.51', '10.1.2.30')));
    expect(outcome).toEqual({ kind: 'hold', wanted: { gni: GNI_A, address: address('10.1.2.51') } });
  });

  it('asks again for a mapping that it contradicts', () => {
    const { outcome } = decide(hostX(), fromHost('198.18.0.13', HEADER_FROM_Z, inner));
    expect(outcome).toMatchObject({ doubted: { gni: GNI_A, address: address('10.1.2.50') } });
  });

  it('is accepted under the old agreement and the new one until the old one goes', () => {
    const state = hostX();
    state.apply(agreementItem(8, 'y', 'x', 'udp/1.0'), 0);
    const renewed = header('udp/1.0', { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 8, labels: [] });
    expect(decide(state, fromHost('198.18.0.12', HEADER_FROM_Y, inner)).outcome.kind).toBe('deliver');
    expect(decide(state, fromHost('198.18.0.12', renewed, inner)).outcome.kind).toBe('deliver');
    state.apply({ kind: 'agreement-gone', id: 2, revision: 9 }, 0);
    const late = decide(state, fromHost('198.18.0.12', HEADER_FROM_Y, inner)).outcome;
    expect(late).toMatchObject({ kind: 'drop', reason: 'wrong-agreement' });
  });
});
