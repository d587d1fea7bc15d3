import { afterEach, describe, expect, it } from 'vitest';
import type { StreamDocument } from '../../../src/admin/stream-documents.ts';
import type { TraceDocument, TraceEndDocument, TraceResult } from '../../../src/admin/trace-documents.ts';
import { UserError } from '../../../src/base/errors.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import { type FakeDaemon, FakeStream, openFakeDaemon } from './fake-daemon.ts';
import { type Ran, runCommand, TestProcess, type World } from './run-command.ts';
import { TRACE, TRACE_END, TRACE_START } from './sample-traces.ts';

const ROUTE = 'POST /v1/traces';

let daemon: FakeDaemon | undefined;

afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
});

async function run(words: string, documents: readonly StreamDocument[] | Error, world: World = {}): Promise<Ran> {
  daemon = await openFakeDaemon({ [ROUTE]: documents instanceof Error ? documents : new FakeStream(documents) });
  return runCommand(['trace', ...words.split(' '), '--socket', daemon.socket], world);
}

const FLOW = '--port a30 --to 10.1.2.50';
const [AT_X, AT_Y] = TRACE.sightings;
if (AT_X === undefined || AT_Y === undefined) throw new Error('the sample has two sightings');

const packet = (number: number, result: TraceResult, rest: Partial<TraceDocument> = {}): TraceDocument => {
  return { ...TRACE, packet: number, result, ...rest };
};
const over = (rest: Partial<TraceEndDocument> = {}): TraceEndDocument => ({ ...TRACE_END, ...rest });

describe('weft trace', () => {
  it('shows each packet on both hosts, stage by stage, and what all came to', async () => {
    const ran = await run(FLOW, [TRACE_START, TRACE, over()]);
    expect(ran).toMatchObject({ code: 1, err: '' });
    expect(ran.out).toBe(`\
tracing icmp 10.1.2.30 > 10.1.2.50, GNI 1001, from port a30 on host x, to host y: the next 10 packets, for 30s

packet 1: ICMP 10.1.2.30 > 10.1.2.50 echo request id 7 ttl 64 length 84

host x at 2026-11-20T10:00:00.123456Z
STAGE        VERDICT  WHAT IT SAW
parse        pass     ICMP 10.1.2.30 > 10.1.2.50 echo request id 7 ttl 64 length 84
encapsulate  send     udp/2.0, GNI 1001 to 1001, labels []
outcome     sent to host y
decided by  mapping 1001/10.1.2.50 generation 5b1f0c3e9a7d4420:12

host y, 212 µs later by the hosts' own clocks
STAGE        VERDICT  WHAT IT SAW
destination  drop     GNI 1001 has no 10.1.2.50 on this host
outcome     dropped: no-such-port
meaning     no port of this host has the destination address

1 packet: 1 dropped
`);
  });

  it('wraps what a stage saw to the terminal', async () => {
    const { out } = await run(FLOW, [TRACE_START, packet(1, 'delivered'), over()], { columns: 60 });
    expect(out).toContain(`\
parse        pass     ICMP 10.1.2.30 > 10.1.2.50 echo
                      request id 7 ttl 64 length 84
`);
  });

  it('names the host that did not see a packet', async () => {
    const lost = packet(1, 'lost', { sightings: [AT_X], missing: { host: 'y', why: 'unseen' } });
    const ran = await run(FLOW, [TRACE_START, lost, over()]);
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('\nhost y did not see it within 2 s\n');
    expect(ran.out).toContain('1 packet: 1 lost\n');
  });

  it('says a clock that is behind as it is', async () => {
    const early = packet(1, 'delivered', { sightings: [AT_X, { ...AT_Y, time: '2026-11-20T09:59:59.999999Z' }] });
    const { out } = await run(FLOW, [TRACE_START, early, over()]);
    expect(out).toContain("host y, 123457 µs earlier by the hosts' own clocks");
  });

  it('says what would be decided by now where that differs', async () => {
    const held = packet(1, 'dropped', { sightings: [{ ...AT_Y, host: 'x', reason: 'hold-timeout', again: 'hold' }] });
    const { out } = await run(FLOW, [TRACE_START, held, over()]);
    expect(out).toMatch(/^by now +it would be: hold$/m);
  });

  it('says that it does not tell every packet of a flow that is too fast', async () => {
    const { out } = await run(FLOW, [TRACE_START, packet(1, 'delivered'), over({ seen: 5321 })]);
    expect(out).toContain('1 packet: 1 delivered; host x saw 5321 of the flow in the meantime\n');
  });

  it('names hosts that tell nothing', async () => {
    const hosts = [
      { host: 'x', role: 'sender', state: 'silent' },
      { host: 'y', role: 'receiver', state: 'unsupported' },
    ] as const;
    const { out } = await run(FLOW, [{ ...TRACE_START, hosts }, over({ hosts })]);
    expect(out).toContain('host x is silent: it tells nothing\n');
    expect(out).toContain('host y has an agent of a version that does not trace: it tells nothing\n');
    expect(out).toContain('no packet of this flow was seen\n');
  });

  it('prints one JSON document a line, as it came', async () => {
    const documents = [TRACE_START, TRACE, over()];
    const { out } = await run(`${FLOW} --json`, documents);
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(documents);
  });

  it('sends nothing to the terminal that controls it', async () => {
    const evil = '\u001b[2J';
    const stages = [{ stage: evil, verdict: evil, detail: evil }];
    const seen = packet(1, 'dropped', {
      description: evil,
      sightings: [{ ...AT_Y, host: evil, reason: evil, meaning: evil, again: evil, stages }],
      missing: { host: evil, why: 'unseen' },
    });
    const { out } = await run(FLOW, [{ ...TRACE_START, port: evil }, seen, over()]);
    expect(out).not.toContain('\u001b');
    expect(out).toContain('\\u001b[2J');
  });

  it('colours what came of a packet on a terminal', async () => {
    const { out } = await run(FLOW, [TRACE_START, TRACE, over()], { hasColour: true });
    expect(out).toContain('\u001b[31moutcome     dropped: no-such-port\u001b[39m');
  });
});

describe('its exit status', () => {
  it.each([
    [['delivered', 'delivered'], 0],
    [['delivered', 'dropped'], 1],
    [['lost', 'unknown'], 1],
    [['answered'], 1],
    [['delivered', 'unknown'], 4],
    [[], 4],
  ] as const)('after %j is %d', async (results, code) => {
    const packets = results.map((result, at) => packet(at + 1, result));
    expect(await run(FLOW, [TRACE_START, ...packets, over()])).toMatchObject({ code });
  });

  it('is a failure where the daemon ended first', async () => {
    const ran = await run(FLOW, [TRACE_START, packet(1, 'delivered')]);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('the mapping daemon ended before the trace did');
  });

  it.each([
    [new UserError('not-found', 'there is no port a99', 'see `weft get port`'), 5],
    [new UserError('conflict', 'port a30 is not up on host x', 'wait'), 1],
  ])('is that of a refusal: %s', async (refusal, code) => {
    const ran = await run(FLOW, refusal);
    expect(ran).toEqual({ code, out: '', err: `weft: ${refusal.message}; ${refusal.hint}\n` });
  });

  it('after a signal is that of the packets so far, which are summed up', async () => {
    daemon = await openFakeDaemon({ [ROUTE]: new FakeStream([TRACE_START, packet(1, 'delivered')], false) });
    const process = new TestProcess();
    let taken = 0;
    process.outTaken = async () => {
      if (++taken === 2) process.signal('SIGINT');
    };
    expect(await runCli(['trace', ...FLOW.split(' '), '--socket', daemon.socket], process)).toBe(0);
    expect(process.written).toContain('1 packet: 1 delivered\n');
    expect(process.listeners).toBe(0);
  });
});

describe('what it asks', () => {
  const asked = async (words: string) => {
    await run(words, [TRACE_START, over()]);
    return daemon?.asked;
  };

  it('is ten packets in half a minute unless told otherwise', async () => {
    const body = { port: 'a30', to: '10.1.2.50', count: 10, forMs: 30_000 };
    expect(await asked(FLOW)).toEqual([{ request: ROUTE, body }]);
  });

  it('is the flow as it is described', async () => {
    const words = '--from 10.9.9.9 --protocol tcp --source-port 0 --destination-port 443 --count 3 --for 5m';
    const flow = { from: '10.9.9.9', protocol: 6, sourcePort: 0, destinationPort: 443, count: 3, forMs: 300_000 };
    expect(await asked(`${FLOW} ${words}`)).toMatchObject([{ body: flow }]);
  });

  it.each([
    '--port a30',
    '--to 10.1.2.50',
    '--port a30 --to nowhere',
    `${FLOW} --count 0`,
    `${FLOW} --count 1001`,
    `${FLOW} --for 0s`,
    `${FLOW} --for 11m`,
    `${FLOW} --for 5h`,
    `${FLOW} --protocol icmp --destination-port 80`,
    `${FLOW} --protocol 256`,
  ])('is refused on the command line for %s', async (words) => {
    expect(await runCommand(['trace', ...words.split(' ')])).toMatchObject({ code: 2, out: '' });
  });
});
