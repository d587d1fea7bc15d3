// Sends numbered datagrams at a steady rate and notes when each comes back. What its input asks,
// a line each: "report" for { sent, echoes: [[number, milliseconds since 1970], ...] } since the
// last report, "pause" to send no more. Usage: prober.mjs ADDRESS PORT PER_SECOND
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

const BUFFER_BYTES = 4 << 20;
const TICK_MS = 2;
/** After a standstill of this process what is due is sent a little at a time. */
const MAX_BURST = 8;
const [address, port, perSecond] = process.argv.slice(2);
const udp = createSocket('udp4');
const now = () => performance.timeOrigin + performance.now();

let sent = 0;
let echoes = [];
let isPaused = false;
let next = 0;
udp.on('message', (bytes) => echoes.push([bytes.readUInt32BE(), now()]));
udp.bind(0, '0.0.0.0', () => {
  udp.setRecvBufferSize(BUFFER_BYTES);
  next = now();
  setInterval(tick, TICK_MS);
});

function tick() {
  if (isPaused) return;
  for (let burst = 0; burst < MAX_BURST && now() >= next; burst++) {
    const bytes = Buffer.alloc(64);
    bytes.writeUInt32BE(sent++);
    next += 1000 / Number(perSecond);
    // A device that is away refuses; the number counts as sent and not answered.
    udp.send(bytes, Number(port), address, () => {});
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (JSON.parse(line) === 'pause') isPaused = true;
  process.stdout.write(`${JSON.stringify({ sent, echoes })}\n`);
  echoes = [];
}
process.exit(0);
