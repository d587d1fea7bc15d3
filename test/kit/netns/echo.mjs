// Sends back what comes to a port, UDP and TCP, until its input ends. Usage: echo.mjs PORT
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const BUFFER_BYTES = 4 << 20;
const port = Number(process.argv[2]);
const udp = createSocket('udp4');
udp.on('message', (bytes, { address, port: from }) => udp.send(bytes, from, address, () => {}));
const tcp = createServer((connection) => {
  connection.setNoDelay(true);
  connection.on('error', () => {});
  connection.pipe(connection);
});
tcp.listen(port, '0.0.0.0', () => {
  udp.bind(port, '0.0.0.0', () => {
    udp.setRecvBufferSize(BUFFER_BYTES);
    process.stdout.write('{"ready":true}\n');
  });
});
process.stdin.on('end', () => process.exit(0)).resume();
