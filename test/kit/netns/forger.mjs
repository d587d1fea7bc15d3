// Builds whole IPv4 packets, mostly UDP datagrams, and sends them from the namespace it runs in.
// In: {"perSecond": N, "packets": [...]}, each packet either {"raw": hex} or the fields of `ForgedDatagram` in
// outsider.ts. Out: {"sent": IP packets that the kernel took, "errors": why it refused others}.
//
// raw-socket polls on the main loop and no other, so this is a process of its own and never a worker.
// The kernel fills in the total length and the header checksum of every packet, and a source or an id of 0:
// these four cannot be forged in this way. It fragments nothing: what exceeds the device's MTU is refused.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import raw from 'raw-socket';
import { formatAddress, parseAddress } from '../../../dist/base/ipv4.js';
import { buildIpv4, buildUdp } from '../../../dist/packet/build.js';

/** IPPROTO_RAW: the header is in the bytes (IP_HDRINCL), and nothing is received. */
const PROTOCOL_RAW = 255;
const PROTOCOL_UDP = 17;
const IPV4_HEADER_BYTES = 20;
const UDP_CHECKSUM_AT = IPV4_HEADER_BYTES + 6;
/** Bounds of one list: a mistake in a test floods nothing. */
const MAX_PACKETS = 512;
const MAX_PER_SECOND = 4000;
/** Packets sent without a pause. */
const BURST = 16;

const socket = raw.createSocket({ protocol: PROTOCOL_RAW });

function send(bytes) {
  const destination = formatAddress(bytes.readUInt32BE(16));
  return new Promise((resolve) => {
    socket.send(bytes, 0, bytes.length, destination, (error) => resolve(error === null ? undefined : String(error)));
  });
}

/** The IP packets of one entry: several where it is to be fragmented. */
function packetsOf(entry) {
  if (entry.raw !== undefined) return [Buffer.from(entry.raw, 'hex')];
  const fields = { ...entry, source: addressOf(entry.source), destination: addressOf(entry.destination) };
  const whole = Buffer.from(buildUdp({ identification: 1, ...fields, payload: Buffer.from(entry.payload, 'hex') }));
  if (entry.checksum === 'none') whole.writeUInt16BE(0, UDP_CHECKSUM_AT);
  if (entry.checksum === 'wrong') whole.writeUInt16BE(wrong(whole.readUInt16BE(UDP_CHECKSUM_AT)), UDP_CHECKSUM_AT);
  if (entry.fragmentBytes === undefined) return [whole];
  const fragments = fragmentsOf(fields, whole.subarray(IPV4_HEADER_BYTES), entry.fragmentBytes);
  return entry.isIncomplete ? fragments.slice(0, -1) : fragments;
}

function fragmentsOf(fields, segment, fragmentBytes) {
  const fragments = [];
  for (let at = 0; at < segment.length; at += fragmentBytes) {
    const payload = segment.subarray(at, at + fragmentBytes);
    const moreFragments = at + fragmentBytes < segment.length;
    const where = { fragmentOffset: at, moreFragments, protocol: PROTOCOL_UDP };
    fragments.push(Buffer.from(buildIpv4({ identification: 1, ...fields, ...where, payload })));
  }
  return fragments;
}

/** Neither right nor 0, which would say that there is none. */
function wrong(checksum) {
  return checksum === 0x5555 ? 0x5556 : 0x5555;
}

function addressOf(text) {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  return address;
}

async function sendAll({ packets: entries, perSecond }) {
  if (entries.length > MAX_PACKETS) throw new Error(`${entries.length} packets, at most ${MAX_PACKETS} at once`);
  const rate = Math.min(perSecond ?? MAX_PER_SECOND, MAX_PER_SECOND);
  const packets = entries.flatMap(packetsOf);
  const errors = new Set();
  let sent = 0;
  for (let at = 0; at < packets.length; at += BURST) {
    const burst = packets.slice(at, at + BURST);
    const results = await Promise.all(burst.map(send));
    for (const error of results) if (error !== undefined) errors.add(error);
    sent += results.filter((error) => error === undefined).length;
    if (at + BURST < packets.length) await sleep((1000 * burst.length) / rate);
  }
  return { sent, errors: [...errors] };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await sendAll(JSON.parse(line)))}\n`);
}
socket.close();
