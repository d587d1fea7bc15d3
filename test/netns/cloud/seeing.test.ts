/** What an operator sees of single packets on real kernels: captures, drops as they happen, packets of a capture explained. */
import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DropDocument } from '../../../src/admin/stream-documents.ts';
import { readCapture } from '../../../src/cli/decode/capture-reader.ts';
import type { CapturedPacket } from '../../../src/cli/decode/captured-packet.ts';
import { NOTHING } from '../../kit/netns/left-behind.ts';
import { DEVICE, twoTenants } from '../../kit/netns/test-cloud.ts';
import { TestLab } from '../../kit/netns/test-lab.ts';
import { until } from '../../kit/netns/until.ts';
import { WeftProcess } from '../../kit/netns/weft-process.ts';

const run = promisify(execFile);
const lab = new TestLab(twoTenants(`wt-see-${process.pid}`));
const hostX = lab.hostNamespace('x');
const ofX = ['--socket', lab.socket('x')];

beforeAll(() => lab.up());

afterAll(async () => {
  expect(await lab.down()).toEqual(NOTHING);
});

async function ping(guest: string, destination: string, count = 1): Promise<void> {
  const words = ['ping', '-c', String(count), '-i', '0.2', '-W', '1', destination];
  await lab.weft('lab', 'exec', '--lab', lab.cloud.name, guest, '--', ...words);
}

/** Starts a capture on host x, lets things happen, and returns its packets once it has ended. */
async function captured(name: string, words: readonly string[], act: () => Promise<void>): Promise<CapturedPacket[]> {
  const file = join(lab.folder, name);
  const capture = new WeftProcess(lab, hostX, 'capture', ...words, ...ofX, '-o', file);
  await capture.said('Ctrl-C ends it');
  await act();
  expect(await capture.end('SIGINT')).toBe(0);
  const packets: CapturedPacket[] = [];
  for await (const packet of readCapture(chunks(file))) packets.push({ ...packet, bytes: packet.bytes.slice() });
  return packets;
}

async function* chunks(file: string): AsyncGenerator<Uint8Array> {
  yield readFileSync(file);
}

const RECORD = 'generation [0-9a-f]{16}:\\d+';

describe('weft capture', () => {
  test('on both sides: every packet with its bytes, direction, verdict and reason', async () => {
    await ping('a30', '10.1.2.50'); // agreements and mappings are there from now on
    const tcpdump = await lab.capture({
      namespace: hostX,
      device: 'underlay',
      direction: 'inout',
      filter: 'udp port 7790',
    });
    const guestSide = {
      namespace: lab.port('a30').namespace,
      device: DEVICE,
      direction: 'inout',
      filter: 'icmp',
    } as const;
    const inGuest = await lab.capture(guestSide);
    const packets = await captured('both.pcapng', ['--port', 'a30', '--underlay'], async () => {
      await ping('a30', '10.1.2.50', 2);
      await ping('a30', '10.1.2.99');
    });
    await tcpdump.stop();
    await inGuest.stop();
    const ofInterface = (name: string) => packets.filter((packet) => packet.interfaceName === name);
    const bytesOf = (name: string) => ofInterface(name).map(({ bytes }) => Buffer.from(bytes).toString('hex'));
    expect(bytesOf('underlay').toSorted()).toEqual(tcpdump.packets.map((bytes) => bytes.toString('hex')).toSorted());
    expect(bytesOf('a30').toSorted()).toEqual(inGuest.packets.map((bytes) => bytes.toString('hex')).toSorted());
    const told = (name: string) => ofInterface(name).map(({ direction, comment }) => `${direction} ${comment}`);
    const sent = `netweft: send; GNI 1001 -> 1001; agreement \\d+ udp/2\\.0; by mapping 1001/10\\.1\\.2\\.50 ${RECORD}`;
    const delivered = `netweft: deliver; GNI 1001 -> 1001; agreement \\d+ udp/2\\.0; by port a30 ${RECORD}`;
    const dropped = `netweft: drop no-such-guest; GNI 1001; by mapping 1001/10\\.1\\.2\\.99 ${RECORD}`;
    const round = [`inbound ${sent}`, `outbound ${delivered}`];
    const patterns = (texts: readonly string[]) => texts.map((text) => expect.stringMatching(new RegExp(`^${text}$`)));
    expect(told('a30')).toEqual(patterns([...round, ...round, `inbound ${dropped}`]));
    const wire = [`outbound ${sent}`, `inbound ${delivered}`];
    expect(told('underlay')).toEqual(patterns([...wire, ...wire]));
    const times = packets.map(({ timeNs }) => timeNs ?? 0n);
    expect(times).toEqual(times.toSorted((one, other) => Number(one - other)));
  });

  test('has one interface block a side and nanoseconds, as Wireshark reads it', async () => {
    const { stdout } = await run('capinfos', ['-I', join(lab.folder, 'both.pcapng')]);
    expect(stdout.match(/Interface #/g)).toHaveLength(2);
    expect(stdout.match(/Time precision = nanoseconds/g)).toHaveLength(2);
    expect(stdout).toContain('Number of packets = 5');
  });

  test('goes through a pipe, and what reads it may leave', async () => {
    const weft = `'${process.execPath}' dist/cli/main.js`;
    const reading = `${weft} capture --underlay --socket ${lab.socket('x')} -o - | ${weft} decode - | head -n 2`;
    const shell = run('nsenter', [`--net=/run/netns/${hostX}`, 'bash', '-c', reading], {
      env: lab.environment,
      timeout: 30_000,
    });
    let isOver = false;
    const ended = shell.then(({ stdout }) => {
      isOver = true;
      return stdout;
    });
    await until('two lines were read', 20_000, async () => {
      await ping('a30', '10.1.2.50');
      return isOver;
    });
    const lines = (await ended).trim().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/gni 1001 -> 1001 .* # netweft: (send|deliver);/);
  });

  test('ends though what has the other end of a pipe reads nothing, and says that its end is missing', async () => {
    const pipe = join(lab.folder, 'stalled');
    await run('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const capture = new WeftProcess(lab, hostX, 'capture', '--port', 'a30', '--underlay', ...ofX, '-o', pipe);
    await capture.said('Ctrl-C ends it');
    const flood = ['ping', '-q', '-c', '100', '-i', '0.002', '-s', '1000', '10.1.2.50'];
    await lab.weft('lab', 'exec', '--lab', lab.cloud.name, 'a30', '--', ...flood);
    expect(await capture.end('SIGINT')).toBe(1);
    expect(capture.err).toContain('the capture lacks its end');
    closeSync(reader);
  });

  test('says of a datagram that the agent did not send that nothing was told of it', async () => {
    const packets = await captured('stray.pcapng', ['--underlay'], async () => {
      const stray = `echo stray >/dev/udp/${lab.cloud.hosts['y']}/7790`;
      await run('nsenter', [`--net=/run/netns/${hostX}`, 'bash', '-c', stray]);
    });
    expect(packets.map(({ comment }) => comment)).toEqual([
      'netweft: not told by the agent, or the capture lost what it told',
    ]);
  });

  test('ends by itself after so many packets, and cuts them where it is asked to', async () => {
    const file = join(lab.folder, 'cut.pcapng');
    const words = ['capture', '--port', 'a30', '--count', '2', '--snap', '24', ...ofX, '-o', file];
    const capture = new WeftProcess(lab, hostX, ...words);
    await capture.said('Ctrl-C ends it');
    await ping('a30', '10.1.2.50', 3);
    expect(await capture.end()).toBe(0);
    expect(capture.err).toContain('2 packets captured (a30 2)');
    const lengths: number[][] = [];
    for await (const { bytes, originalLength } of readCapture(chunks(file)))
      lengths.push([bytes.length, originalLength]);
    expect(lengths).toEqual([
      [24, 84],
      [24, 84],
    ]);
  });
});

test('weft drops --follow tells each drop with the record that decided', async () => {
  const text = new WeftProcess(lab, hostX, 'drops', '--follow', ...ofX);
  const json = new WeftProcess(lab, hostX, 'drops', '--follow', '--json', '--port', 'a30', ...ofX);
  await until('both follow', 15_000, async () => {
    await ping('a30', '10.1.2.99');
    await ping('b30', '10.1.2.99');
    return text.out.includes('b30') && json.out !== '';
  });
  const [first = ''] = await text.lines(1);
  expect(first).toMatch(
    new RegExp(
      `^\\S+Z  [ab]30  icmp 10\\.1\\.2\\.30 > 10\\.1\\.2\\.99  no-such-guest  by mapping \\d+/10\\.1\\.2\\.99 ${RECORD}$`,
    ),
  );
  const told = (await json.lines(1)).map((line) => JSON.parse(line) as DropDocument);
  expect(new Set(told.map(({ port, reason }) => `${port} ${reason}`))).toEqual(new Set(['a30 no-such-guest']));
  expect(await text.end('SIGINT')).toBe(0);
  expect(await json.end('SIGTERM')).toBe(0);
});

describe('weft explain --from-capture', () => {
  /** The datagrams that host y got while a guest of x was sending, as stock tcpdump saves them. */
  test('explains a datagram that tcpdump captured as the host that received it decides', async () => {
    const file = join(lab.folder, 'y.pcap');
    const tcpdump = [
      '-ni',
      'underlay',
      '-Z',
      'root',
      '-U',
      '-c',
      '1',
      '-w',
      file,
      'udp',
      'dst',
      'port',
      '7790',
      'and',
      'dst',
      'host',
    ];
    const words = [`--net=/run/netns/${lab.hostNamespace('y')}`, 'tcpdump', ...tcpdump, lab.cloud.hosts['y'] ?? ''];
    const capturing = run('nsenter', words, { env: lab.environment, timeout: 30_000 });
    let isOver = false;
    const ended = capturing.then(() => {
      isOver = true;
    });
    await until('tcpdump has a packet', 20_000, async () => {
      await ping('a30', '10.1.2.50');
      return isOver;
    });
    await ended;
    const explained = await lab.weft('explain', '--from-capture', `${file}:1`, '--socket', lab.socket('y'));
    expect(explained).toMatchObject({ status: 0, err: '' });
    expect(explained.out).toMatch(/^from +underlay 198\.19\.7\.11:7790$/m);
    expect(explained.out).toMatch(/^outcome +delivered to port a50$/m);
    const elsewhere = await lab.weft('explain', '--from-capture', `${file}:1`, ...ofX);
    expect(elsewhere).toMatchObject({ status: 1, out: '' });
    expect(elsewhere.err).toContain('ask the agent of the host that it went to');
  });

  test('explains a packet of weft capture as the guest sent it, with the verdict of then', async () => {
    const place = `${join(lab.folder, 'both.pcapng')}:9`;
    // That nobody has the address is known for a short time after it was asked for.
    const pinging = ping('a30', '10.1.2.99');
    const explained = await until('the packet is dropped again', 10_000, async () => {
      const { status, out } = await lab.weft('explain', '--from-capture', place, ...ofX);
      return status === 1 ? out : undefined;
    });
    await pinging;
    expect(explained).toMatch(/^captured .* on a30 \(netweft: drop no-such-guest; /m);
    expect(explained).toMatch(/^outcome .*no-such-guest$/m);
  });
});
