/** Each kind of control message on its way, and datagrams at the same port that are none. */
import type { CapturedPacketFields } from '../../src/cli/capture/pcapng-writer.ts';
import { encodeMessage } from '../../src/control/codec.ts';
import { plainSessionLayer } from '../../src/control/session-layer.ts';
import { GOLDEN_MESSAGES } from '../unit/control/golden-messages.ts';
import { ethernetDatagram, HOST_X, MAPPER, timeOf, type Way } from './golden-packets.ts';

const FROM_DAEMON = new Set([
  'registered',
  'heartbeat-ack',
  'sync-page',
  'lookup-answer',
  'report-ack',
  'refused',
  'push',
]);
const UP: Way = { source: HOST_X, destination: MAPPER, sourcePort: 40_001, destinationPort: 7791 };
const DOWN: Way = { source: MAPPER, destination: HOST_X, sourcePort: 7791, destinationPort: 40_001 };
/** From the port where frames are received. */
const FROM_UNDERLAY: Way = { source: HOST_X, destination: MAPPER, sourcePort: 7790, destinationPort: 7791 };

const MALFORMED: readonly (readonly [rule: string, payload: string])[] = [
  ['one byte', '57'],
  ['another session layer', '570108071009 5a00'],
  ['of something else', '48656c6c6f'],
  ['no message', '5700'],
  ['a message without a body', '5700 08071009'],
  ['a body that is not known', '5700 08071009 a20100'],
  ['a body past the end', '5700 08071009 5203'],
  ['an id of 54 bits', '5700 0880808080808080 10 5a00'],
  ['a varint without an end', '5700 08ffffffffffffffffffffff'],
];

export function goldenControl(): CapturedPacketFields[] {
  const messages = GOLDEN_MESSAGES.map(({ message }) => ({
    payload: plainSessionLayer().seal(encodeMessage(message), { address: MAPPER, port: 7791 }),
    way: FROM_DAEMON.has(message.body.kind) ? DOWN : UP,
    comment: message.body.kind,
  }));
  const malformed = MALFORMED.map(([comment, payload]) => ({
    payload: Buffer.from(payload.replaceAll(' ', ''), 'hex'),
    way: FROM_UNDERLAY,
    comment,
  }));
  return [...messages, ...malformed].map(({ payload, way, comment }, index) => ({
    interfaceIndex: 0,
    timeNs: timeOf(index),
    bytes: ethernetDatagram(payload, way),
    comment,
  }));
}
