// One TCP connection that carries a number every few milliseconds and expects each back, in order.
// "report" on its input: { sent, received, fault }. Usage: stream-prober.mjs ADDRESS PORT
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const INTERVAL_MS = 10;
const [address, port] = process.argv.slice(2);
let sent = 0;
let received = 0;
let fault = '';
let isPaused = false;
const connection = connect(Number(port), address, () => {
  process.stdout.write('{"ready":true}\n');
  setInterval(() => {
    if (!isPaused) connection.write(`${sent++}\n`);
  }, INTERVAL_MS);
});
connection.setNoDelay(true);
connection.on('error', (error) => {
  fault = String(error);
});
connection.on('close', () => {
  fault ||= 'closed';
});
createInterface({ input: connection }).on('line', (line) => {
  if (Number(line) !== received) fault ||= `${line} came instead of ${received}`;
  received++;
});

for await (const line of createInterface({ input: process.stdin })) {
  if (JSON.parse(line) === 'pause') isPaused = true;
  process.stdout.write(`${JSON.stringify({ sent, received, fault })}\n`);
}
process.exit(0);
