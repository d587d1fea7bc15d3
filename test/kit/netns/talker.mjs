// One guest that talks to its peers and answers them, in UDP and TCP, and checks that all it hears is of its own tenant.
// In: a line "report"; out: { foreign, peers: { ADDRESS: { sent, heard, last, streams } } }: what came of another tenant
// or was not asked for, and for each peer the numbers sent and answered, the highest number answered and the TCP streams
// that went through. Usage: talker.mjs TENANT PORT PER_SECOND PEER...
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

const BUFFER_BYTES = 1 << 20;
const STREAM_BYTES = 64 << 10;
const STREAM_EVERY_MS = 1500;
const STREAM_LIMIT_MS = 5000;
/** What was heard wrongly is told up to here. */
const MAX_FOREIGN = 20;

const [tenant, portText, perSecond, ...addresses] = process.argv.slice(2);
const port = Number(portText);
const peers = new Map(addresses.map((address) => [address, { sent: 0, heard: 0, last: -1, streams: 0 }]));
const foreign = [];
const complain = (what) => foreign.length < MAX_FOREIGN && foreign.push(what);

const udp = createSocket('udp4');
// A device that is away refuses; the number counts as sent and not answered.
const send = (words, address) => udp.send(words.join(' '), port, address, () => {});

udp.on('message', (bytes, { address }) => {
  const [kind, from, number] = bytes.toString().split(' ');
  const peer = peers.get(address);
  if (from !== tenant || peer === undefined) complain(`${String(bytes)} from ${address}`);
  else if (kind === 'ask') send(['answer', tenant, number], address);
  else hear(peer, Number(number), address);
});

function hear(peer, number, address) {
  if (!(number < peer.sent)) complain(`an answer to ${number} from ${address}, which was not asked`);
  peer.heard++;
  peer.last = Math.max(peer.last, number);
}

// Says its tenant, then sends back what comes.
const server = createServer((stream) => {
  stream.on('error', () => {});
  stream.setTimeout(STREAM_LIMIT_MS, () => stream.destroy());
  stream.write(`${tenant}\n`);
  stream.pipe(stream);
});

function openStream(address) {
  const said = `${tenant}\n`;
  const wanted = Buffer.from(said + 'x'.repeat(STREAM_BYTES));
  let heard = Buffer.alloc(0);
  const stream = connect(port, address, () => stream.end('x'.repeat(STREAM_BYTES)));
  stream.setTimeout(STREAM_LIMIT_MS, () => stream.destroy());
  stream.on('error', () => {});
  stream.on('data', (chunk) => {
    heard = Buffer.concat([heard, chunk]);
    if (!wanted.subarray(0, heard.length).equals(heard)) complain(`a stream from ${address} with other contents`);
  });
  stream.on('end', () => {
    if (heard.length === wanted.length) peers.get(address).streams++;
  });
}

server.listen(port, '0.0.0.0', () => {
  udp.bind(port, '0.0.0.0', () => {
    udp.setRecvBufferSize(BUFFER_BYTES);
    setInterval(() => {
      for (const [address, peer] of peers) send(['ask', tenant, peer.sent++], address);
    }, 1000 / Number(perSecond));
    setInterval(() => {
      for (const address of peers.keys()) openStream(address);
    }, STREAM_EVERY_MS);
    process.stdout.write('{"ready":true}\n');
  });
});

createInterface({ input: process.stdin })
  .on('line', () => process.stdout.write(`${JSON.stringify({ foreign, peers: Object.fromEntries(peers) })}\n`))
  .on('close', () => process.exit(0));
