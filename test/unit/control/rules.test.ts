import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../../src/base/errors.ts';
import { decodeMessage, encodeMessage } from '../../../src/control/codec.ts';
import { netweft } from '../../../src/control/generated/control.js';
import type { Body, Item, Message } from '../../../src/control/messages.ts';
import { messageToWire } from '../../../src/control/to-wire.ts';
import { agreementGone } from './messages.ts';

const register = {
  kind: 'register',
  host: 'x',
  boot: '0123456789abcdef',
  agentVersion: '0.1.0',
  frameworks: ['udp/2.0'],
} as const;
const registered = { kind: 'registered', session: 1, incarnation: 'c0ffee', heartbeatMs: 1000 } as const;
const report = { name: 'a30', revision: 1, state: 'up' } as const;
const key = { gni: 1, address: 1 };
const prefix = { address: 0x0a010200, length: 24 };
const port = {
  kind: 'port',
  name: 'a30',
  revision: 1,
  gni: 1,
  network: 'a',
  subnet: prefix,
  addresses: [1],
  mtu: 1400,
  labels: [],
  device: 'tun0',
  namespace: undefined,
} as const;
const subnet = { kind: 'subnet', name: 'a-1', revision: 1, gni: 1, network: 'a', prefix } as const;
const host = { kind: 'host', name: 'y', revision: 1, endpoint: { address: 1, port: 7790 } } as const;
const mapping = { kind: 'mapping', key, revision: 1, host: 'y', validMs: 1 } as const;
const agreement = {
  kind: 'agreement',
  id: 1,
  revision: 1,
  sender: 'x',
  receiver: 'y',
  framework: 'udp/2.0',
} as const;

const trace = {
  kind: 'trace',
  id: 1,
  gni: 1,
  port: 'a30',
  source: 1,
  destination: 2,
  protocol: 6,
  sourcePort: 1,
  destinationPort: 2,
  validMs: 1,
} as const;
const stage = { name: 'parse', verdict: 'pass', detail: '' } as const;
const traceState = {
  kind: 'trace-state',
  trace: 1,
  isRefused: false,
  untoldMs: 2,
  leftOut: 3,
  sampleBits: 4,
} as const;

const traceReport = {
  kind: 'trace-report',
  trace: 1,
  digest: '0123456789abcdef',
  timeUs: 0,
  seen: 1,
  sampleBits: 0,
  origin: 'x',
  verdict: 'drop',
  to: '',
  reason: 'no-subnet',
  record: '',
  recordRevision: 0,
  again: '',
  stages: [stage],
} as const;

const many = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const asked = (body: Body): Message => ({
  id: 1,
  session: body.kind === 'register' || body.kind === 'registered' ? 0 : 1,
  body,
});
const pushed = (...items: Item[]): Message => ({ id: 0, session: 1, body: { kind: 'push', sequence: 1, items } });

const BROKEN: readonly (readonly [what: string, message: Message])[] = [
  ['an answer without id', { id: 0, session: 1, body: { kind: 'heartbeat' } }],
  ['an id of 2^53', { id: 2 ** 53, session: 1, body: { kind: 'heartbeat' } }],
  ['a push with id', { id: 1, session: 1, body: { kind: 'push-ack', sequence: 1 } }],
  ['a request without session', { id: 1, session: 0, body: { kind: 'heartbeat' } }],
  ['a registration in a session', { id: 1, session: 1, body: register }],
  ['an answer to it in a session', { id: 1, session: 1, body: registered }],
  ['a host without name', asked({ ...register, host: '' })],
  ['a host name with a capital', asked({ ...register, host: 'X' })],
  ['a host name that is no name', asked({ ...register, host: '__proto__' })],
  ['a host name of 64 characters', asked({ ...register, host: 'x'.repeat(64) })],
  ['a boot of 15 digits', asked({ ...register, boot: '012345678abcdef' })],
  ['a version of 65 characters', asked({ ...register, agentVersion: '1'.repeat(65) })],
  ['a version that moves the cursor', asked({ ...register, agentVersion: '\u001b[2J' })],
  ['no framework', asked({ ...register, frameworks: [] })],
  ['17 frameworks', asked({ ...register, frameworks: many(17, 'udp/2.0') })],
  ['a framework without version', asked({ ...register, frameworks: ['udp'] })],
  ['a framework version with a leading zero', asked({ ...register, frameworks: ['udp/02.0'] })],
  ['session 0 given', asked({ ...registered, session: 0 })],
  ['no incarnation', asked({ ...registered, incarnation: '' })],
  ['no heartbeat interval', asked({ ...registered, heartbeatMs: 0 })],
  ['a heartbeat interval of hours', asked({ ...registered, heartbeatMs: 600_001 })],
  ['a cursor of 129 characters', asked({ kind: 'sync', cursor: 'c'.repeat(129) })],
  ['a cursor with a line break', asked({ kind: 'sync', cursor: 'a\nb' })],
  ['a page with such a cursor', asked({ kind: 'sync-page', items: [], next: 'c'.repeat(129) })],
  ['a look-up of nothing', asked({ kind: 'lookup', keys: [] })],
  ['a look-up of 33 keys', asked({ kind: 'lookup', keys: many(33, key) })],
  ['a key of GNI 0', asked({ kind: 'lookup', keys: [{ gni: 0, address: 1 }] })],
  ['an empty report', asked({ kind: 'report', ports: [] })],
  ['a report of 9 ports', asked({ kind: 'report', ports: many(9, report) })],
  ['a report of a nameless port', asked({ kind: 'report', ports: [{ ...report, name: '' }] })],
  ['a report of revision 2^53', asked({ kind: 'report', ports: [{ ...report, revision: 2 ** 53 }] })],
  ['a report of an unknown state', asked({ kind: 'report', ports: [{ ...report, state: 'sideways' as 'up' }] })],
  ['an unknown refusal', asked({ kind: 'refused', code: 'rude' as 'busy', reason: '' })],
  ['sequence 0', { id: 0, session: 1, body: { kind: 'push', sequence: 0, items: [agreementGone(1)] } }],
  ['a push of nothing', pushed()],
  ['65 items', pushed(...many(65, agreementGone(1)))],
  ['an answer of 65 items', asked({ kind: 'lookup-answer', items: many(65, agreementGone(1)) })],
  ['a port without addresses', pushed({ ...port, addresses: [] })],
  ['a port of 17 addresses', pushed({ ...port, addresses: many(17, 1) })],
  ['a port of GNI 0', pushed({ ...port, gni: 0 })],
  ['a port of a nameless network', pushed({ ...port, network: '' })],
  ['a port of revision 2^53', pushed({ ...port, revision: 2 ** 53 })],
  ['an MTU of 575', pushed({ ...port, mtu: 575 })],
  ['an MTU of 9001', pushed({ ...port, mtu: 9001 })],
  ['9 labels', pushed({ ...port, labels: many(9, 1) })],
  ['a label of 21 bits', pushed({ ...port, labels: [2 ** 20] })],
  ['a device name of 16 characters', pushed({ ...port, device: 'd'.repeat(16) })],
  ['a device name with a slash', pushed({ ...port, device: 'a/b' })],
  ['a namespace that climbs out', pushed({ ...port, namespace: '../guest' })],
  ['a namespace without name', pushed({ ...port, namespace: '' })],
  ['a prefix of 33 bits', pushed({ ...subnet, prefix: { address: 0, length: 33 } })],
  ['a prefix with host bits', pushed({ ...subnet, prefix: { address: 1, length: 31 } })],
  ['a subnet of GNI 0', pushed({ ...subnet, gni: 0 })],
  ['a subnet of a nameless network', pushed({ ...subnet, network: '' })],
  ['a gone port without name', pushed({ kind: 'port-gone', name: '', revision: 1 })],
  ['a host at 0.0.0.0', pushed({ ...host, endpoint: { address: 0, port: 1 } })],
  ['a host at port 0', pushed({ ...host, endpoint: { address: 1, port: 0 } })],
  ['a host at port 65536', pushed({ ...host, endpoint: { address: 1, port: 65536 } })],
  ['a mapping of GNI 0', pushed({ ...mapping, key: { gni: 0, address: 1 } })],
  ['a mapping to a nameless host', pushed({ ...mapping, host: '' })],
  ['a mapping valid for a day and more', pushed({ ...mapping, validMs: 86_400_001 })],
  ['agreement 0', pushed({ ...agreement, id: 0 })],
  ['an agreement of 25 bits', pushed({ ...agreement, id: 2 ** 24 })],
  ['an agreement without sender', pushed({ ...agreement, sender: '' })],
  ['an agreement without receiver', pushed({ ...agreement, receiver: '' })],
  ['an agreement on no framework', pushed({ ...agreement, framework: 'udp/x' })],
  ['gone agreement 0', pushed({ kind: 'agreement-gone', id: 0, revision: 1 })],
  ['trace 0', pushed({ ...trace, id: 0 })],
  ['a trace of GNI 0', pushed({ ...trace, gni: 0 })],
  ['a trace of a nameless port', pushed({ ...trace, port: '' })],
  ['a trace of protocol 256', pushed({ ...trace, protocol: 256 })],
  ['a trace of source port 65536', pushed({ ...trace, sourcePort: 65_536 })],
  ['a trace of destination port 65536', pushed({ ...trace, destinationPort: 65_536 })],
  ['a trace that is valid for no time', pushed({ ...trace, validMs: 0 })],
  ['a trace that is valid for more than a minute', pushed({ ...trace, validMs: 60_001 })],
  ['gone trace 0', pushed({ kind: 'trace-gone', id: 0 })],
  ['a packet of trace 0', asked({ ...traceReport, trace: 0 })],
  ['a packet with a digest of 15 digits', asked({ ...traceReport, digest: '0123456789abcde' })],
  ['a time of 2^53', asked({ ...traceReport, timeUs: 2 ** 53 })],
  ['the zeroth packet', asked({ ...traceReport, seen: 0 })],
  ['65 sample bits', asked({ ...traceReport, sampleBits: 65 })],
  ['an origin that moves the cursor', asked({ ...traceReport, origin: '\u001b[2J' })],
  ['an origin of 64 characters', asked({ ...traceReport, origin: 'x'.repeat(64) })],
  ['a packet that passed', asked({ ...traceReport, verdict: 'pass' })],
  ['a packet with an unknown verdict', asked({ ...traceReport, verdict: 'sideways' as 'drop' })],
  ['a drop without reason', asked({ ...traceReport, reason: '' })],
  ['a reason without drop', asked({ ...traceReport, verdict: 'deliver' })],
  ['a reason that is no word', asked({ ...traceReport, reason: 'no subnet' })],
  ['a record of 81 characters', asked({ ...traceReport, record: 'r'.repeat(81) })],
  ['a record of revision 2^53', asked({ ...traceReport, recordRevision: 2 ** 53 })],
  ['33 characters of deciding again', asked({ ...traceReport, again: 'a'.repeat(33) })],
  ['the state of trace 0', asked({ ...traceState, trace: 0 })],
  ['more than a minute untold', asked({ ...traceState, untoldMs: 60_001 })],
  ['2^53 packets left out', asked({ ...traceState, leftOut: 2 ** 53 })],
  ['65 sample bits of a state', asked({ ...traceState, sampleBits: 65 })],
  ['a refused trace that leaves packets out', asked({ ...traceState, isRefused: true, leftOut: 1 })],
  ['no stages', asked({ ...traceReport, stages: [] })],
  ['13 stages', asked({ ...traceReport, stages: many(13, stage) })],
  ['stages of too many characters', asked({ ...traceReport, stages: [{ ...stage, detail: 'd'.repeat(636) }] })],
  ['a stage without name', asked({ ...traceReport, stages: [{ ...stage, name: '' }] })],
  ['a stage with an unknown verdict', asked({ ...traceReport, stages: [{ ...stage, verdict: 'maybe' as 'pass' }] })],
  ['a stage that moves the cursor', asked({ ...traceReport, stages: [{ ...stage, detail: '\u001b[2J' }] })],
];

describe('is neither sent nor accepted', () => {
  test.each(BROKEN)('%s', (_what, message) => {
    const bytes = netweft.control.v1.Message.encode(messageToWire(message)).finish();
    expect(() => encodeMessage(message)).toThrow(RangeError);
    expect(() => decodeMessage(bytes)).toThrow(DecodeError);
    expect(() => decodeMessage(bytes)).not.toThrow('canonical');
  });

  test('but with every value in order both work', () => {
    const good = [
      asked(register),
      asked(registered),
      asked({ kind: 'lookup', keys: [key] }),
      asked({ kind: 'report', ports: [report] }),
      asked(traceReport),
      asked(traceState),
      pushed(port, subnet, host, mapping, agreement, agreementGone(1), trace, { kind: 'trace-gone', id: 1 }),
    ];
    for (const message of good) expect(decodeMessage(encodeMessage(message))).toEqual(message);
  });

  test('an address that is no 32-bit number is not sent', () => {
    const addresses = [-1, 2 ** 32, 1.5, Number.NaN];
    for (const address of addresses) {
      expect(() => encodeMessage(asked({ kind: 'lookup', keys: [{ gni: 1, address }] }))).toThrow(RangeError);
      expect(() => encodeMessage(pushed({ ...port, addresses: [address] }))).toThrow(RangeError);
    }
  });
});
