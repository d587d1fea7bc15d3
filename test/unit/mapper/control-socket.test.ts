import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Endpoint, formatEndpoint } from '../../../src/base/ipv4.ts';
import { ControlSocket } from '../../../src/mapper/control-socket.ts';

const LOOPBACK = 0x7f000001;
let udp: Socket;
let control: ControlSocket;
const taken: string[] = [];

beforeEach(async () => {
  taken.length = 0;
  udp = createSocket('udp4');
  udp.bind(0, '127.0.0.1');
  await once(udp, 'listening');
  control = new ControlSocket(udp);
  control.receive((from: Endpoint) => {
    taken.push(formatEndpoint(from));
    control.send(from, Uint8Array.of(1));
  });
});

afterEach(() => control.close());

/** As Node tells of a datagram. */
function arrive(address: string, port: number): void {
  udp.emit('message', Buffer.from('hello'), { address, family: 'IPv4', port, size: 5 });
}

test.each([
  ['198.18.0.11', 0],
  ['0.0.0.0', 7790],
  ['224.0.0.1', 7790],
  ['255.255.255.255', 7790],
])('a datagram from %s port %i, which cannot be answered, is dropped and counted', (address, port) => {
  arrive(address, port);
  expect(taken).toEqual([]);
  expect(control.counters).toMatchObject({ unanswerable: 1 });
  arrive('127.0.0.1', udp.address().port);
  expect(taken).toEqual([`127.0.0.1:${udp.address().port}`]);
});

test('what cannot be sent is counted, and nothing is thrown', async () => {
  control.send({ address: LOOPBACK, port: 0 }, Uint8Array.of(1));
  expect(control.counters).toMatchObject({ unsent: 1 });
  control.send({ address: LOOPBACK, port: 9 }, new Uint8Array(70_000));
  await expect.poll(() => control.counters.unsent).toBe(2);
});
