// Sends IPv4 packets as they are given, from the namespace it runs in. In: [[destination, hex], ...].
// Out: how many the kernel took, and why it refused others. The kernel fills in nothing but what is
// so already (total length, header checksum) where the packets are complete and their id is not 0.
import { createInterface } from 'node:readline';
import raw from 'raw-socket';

/** IPPROTO_RAW: the header is in the bytes, and nothing is received. */
const PROTOCOL_RAW = 255;
const socket = raw.createSocket({ protocol: PROTOCOL_RAW });
socket.setOption(raw.SocketLevel.SOL_SOCKET, raw.SocketOption.SO_BROADCAST, 1);

function send([destination, hex]) {
  const bytes = Buffer.from(hex, 'hex');
  return new Promise((resolve) => {
    socket.send(bytes, 0, bytes.length, destination, (error) => resolve(error === null ? undefined : String(error)));
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const results = await Promise.all(JSON.parse(line).map(send));
  const errors = [...new Set(results.filter((error) => error !== undefined))];
  const sent = results.filter((error) => error === undefined).length;
  process.stdout.write(`${JSON.stringify({ sent, errors })}\n`);
}
socket.close();
