import { afterEach, expect, test } from 'vitest';
import { parseAddress } from '../../../src/base/ipv4.ts';
import { PacketView } from '../../../src/packet/packet-view.ts';
import { type FakeDaemon, openFakeDaemon } from './fake-daemon.ts';
import { type Ran, runCommand, type World } from './run-command.ts';
import * as sample from './sample-documents.ts';

let daemon: FakeDaemon | undefined;

afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
});

async function explain(words: string, answer: unknown = sample.EXPLAIN, world: World = {}): Promise<Ran> {
  daemon = await openFakeDaemon({ 'POST /v1/explain': answer, 'GET /v1/ports': sample.PORTS });
  return runCommand(['explain', ...words.split(' '), '--socket', daemon.socket], world);
}

function askedBody(): Record<string, string> {
  return daemon?.asked.find((entry) => entry.request === 'POST /v1/explain')?.body as Record<string, string>;
}

function askedPacket(): PacketView {
  const view = new PacketView();
  expect(view.parse(Buffer.from(askedBody()['packet'] ?? '', 'hex'))).toBeUndefined();
  return view;
}

test('a packet that is sent: every stage, the outcome and the agreement; status 0', async () => {
  const ran = await explain('--port a30 --to 10.1.2.50');
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toMatchSnapshot();
});

test('a packet that is dropped: where and why; status 1', async () => {
  const ran = await explain('--port a30 --from 10.1.2.99 --to 10.1.2.50', sample.EXPLAIN_DROP);
  expect(ran).toMatchObject({ code: 1, err: '' });
  expect(ran.out).toMatchSnapshot();
});

test.each([
  ['deliver', 0],
  ['send', 0],
  ['reply', 0],
  ['drop', 1],
  ['hold', 4],
])('the outcome %s is status %i, as text and as JSON', async (outcome, code) => {
  const answer = { ...sample.EXPLAIN_HOLD, outcome };
  expect((await explain('--port a30 --to 10.1.2.50', answer)).code).toBe(code);
  await daemon?.close();
  const json = await explain('--port a30 --to 10.1.2.50 --json', answer);
  expect(json.code).toBe(code);
  expect(JSON.parse(json.out)).toEqual(answer);
});

test('a packet that is held says that nothing was asked, and what to do', async () => {
  const ran = await explain('--port a30 --to 10.1.2.50', sample.EXPLAIN_HOLD);
  expect(ran.out).toMatch(/^meaning +nothing was asked: send one such packet and explain again$/m);
});

test('the packet is an echo request from the first address of the port unless told otherwise', async () => {
  await explain('--port b30 --to 10.1.2.50');
  expect(askedBody()['port']).toBe('b30');
  const view = askedPacket();
  expect(view).toMatchObject({
    source: parseAddress('10.1.2.30'),
    destination: parseAddress('10.1.2.50'),
    protocol: 1,
    icmpType: 8,
    ttl: 64,
  });
});

test('a TCP segment as described', async () => {
  await explain(
    '--port a30 --from 10.1.2.31 --to 10.1.2.50 --protocol tcp --source-port 5 --destination-port 443 --ttl 9 --length 100 --tcp-flags SA',
  );
  expect(daemon?.asked).toHaveLength(1);
  expect(askedPacket()).toMatchObject({
    source: parseAddress('10.1.2.31'),
    protocol: 6,
    sourcePort: 5,
    destinationPort: 443,
    ttl: 9,
    totalLength: 100,
    tcpFlags: 0x12,
  });
});

test.each([
  ['udp', 17, 80],
  ['47', 47, 0],
])('the protocol %s', async (name, protocol, destinationPort) => {
  await explain(`--port a30 --to 10.1.2.50 --protocol ${name}`);
  expect(askedPacket()).toMatchObject({ protocol, destinationPort });
});

test('a datagram of another host goes as it is', async () => {
  const ran = await explain('--underlay-from 198.18.0.2 --header 01:00:00:10 --packet 4500ABCD', sample.EXPLAIN_DROP);
  expect(askedBody()).toEqual({ from: '198.18.0.2:7790', header: '01000010', packet: '4500abcd' });
  expect(ran.out).toContain('4 bytes that do not parse: too-short');
  expect(ran.out).toContain('underlay 198.18.0.2:7790');
});

test('a port that this host does not have: status 5', async () => {
  const ran = await explain('--port c1 --to 10.1.2.50');
  expect(ran).toEqual({
    code: 5,
    out: '',
    err: 'weft: this host has no port c1; see `weft port list`, or ask the agent of its host\n',
  });
});

test('a length that its headers do not fit in is refused', async () => {
  const ran = await explain('--port a30 --to 10.1.2.50 --length 21');
  expect(ran).toEqual({ code: 1, out: '', err: 'weft: --length 21 is shorter than the headers; at least 28 bytes\n' });
});

test.each([
  ['--to 10.1.2.50', '--port, or --underlay-from with --header'],
  ['--port a30', '--to, or --packet'],
  ['--underlay-from 198.18.0.2 --to 10.1.2.50', '--port, or --underlay-from with --header'],
  ['--underlay-from 198.18.0.2 --header 01 --to 10.1.2.50', 'nothing tells the source address; give --from'],
  ['--port a30 --header 01 --to 10.1.2.50', "option '--port <name>' cannot be used with option '--header <hex>'"],
  ['--port a30 --packet 45 --to 10.1.2.50', "cannot be used with option '--to <address>'"],
  ['--port a30 --packet 45 --ttl 3', "cannot be used with option '--ttl <n>'"],
  ['--port a30 --to 10.1.2', 'an IPv4 address such as'],
  ['--port a30 --to 10.1.2.50 --ttl 256', 'from 0 to 255'],
  ['--port a30 --to 10.1.2.50 --ttl -1', 'from 0 to 255'],
  ['--port a30 --to 10.1.2.50 --length 1e3', 'from 20 to 65535'],
  ['--port a30 --to 10.1.2.50 --protocol 256', 'tcp, udp, icmp'],
  ['--port a30 --to 10.1.2.50 --protocol constructor', 'tcp, udp, icmp'],
  ['--port a30 --to 10.1.2.50 --tcp-flags Z', 'FSRPAUEW'],
  [
    '--port a30 --to 10.1.2.50 --destination-port 80',
    '--destination-port means nothing to the protocol icmp; give --protocol tcp or --protocol udp',
  ],
  ['--port a30 --to 10.1.2.50 --protocol 47 --source-port 80', '--source-port means nothing to the protocol 47; give'],
  ['--port a30 --to 10.1.2.50 --tcp-flags S', '--tcp-flags means nothing to the protocol icmp; give --protocol tcp'],
  ['--port a30 --to 10.1.2.50 --protocol udp --tcp-flags S', 'means nothing to the protocol udp; give --protocol tcp'],
  ['--port a30 --packet 4', 'hexadecimal digits'],
  ['--underlay-from 198.18.0.2:70000 --header 01 --packet 45', 'with :PORT'],
])('weft explain %s is a usage error and asks nobody', async (words, message) => {
  const ran = await explain(words);
  expect(ran).toMatchObject({ code: 2, out: '' });
  expect(ran.err).toContain(message);
  expect(daemon?.asked).toEqual([]);
});

test('the outcome is coloured on a terminal', async () => {
  const ran = await explain('--port a30 --to 10.1.2.50', sample.EXPLAIN_DROP, { hasColour: true });
  expect(ran.out).toContain('\u001b[31moutcome');
});
