import { afterEach, describe, expect, test } from 'vitest';
import type { DropDocument } from '../../../src/admin/stream-documents.ts';
import { UserError } from '../../../src/base/errors.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import { type FakeDaemon, FakeStream, openFakeDaemon } from './fake-daemon.ts';
import { type Ran, runCommand, TestProcess, type World } from './run-command.ts';
import * as sample from './sample-documents.ts';
import { DROP, SUPPRESSED } from './sample-streams.ts';

let daemon: FakeDaemon | undefined;

afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
});

async function run(words: string, answers: Readonly<Record<string, unknown>>, world: World = {}): Promise<Ran> {
  daemon = await openFakeDaemon(answers);
  return runCommand([...words.split(' '), '--socket', daemon.socket], world);
}

const STRANGE: DropDocument = {
  schema: 'netweft.drop/v1',
  time: DROP.time,
  peer: '198.18.0.9:5',
  verdict: 'drop',
  reason: 'bad-header',
};
describe('weft drops --follow', () => {
  test('tells each drop in a line, and what was above the rate', async () => {
    const ran = await run('drops --follow', { 'GET /v1/follow/drops': new FakeStream([DROP, STRANGE, SUPPRESSED]) });
    expect(ran).toMatchObject({ code: 1, err: expect.stringMatching(/^weft: the daemon on \S+ ended the stream; /) });
    expect(ran.out.split('\n')).toEqual([
      '2026-11-20T10:00:00.123456789Z  a30  udp 10.9.9.9:1000 > 10.1.2.50:2000  spoofed-source  by port a30 generation 5b1f0c3e9a7d4420:17',
      '2026-11-20T10:00:00.123456789Z  host 198.18.0.9:5  -  bad-header',
      '2026-11-20T10:00:01.000000000Z  and above the rate: 812 spoofed-source, 3 no-subnet',
      '',
    ]);
  });

  test('prints one JSON document a line, as it came', async () => {
    const stream = new FakeStream([DROP, SUPPRESSED]);
    const { out } = await run('drops --follow --json', { 'GET /v1/follow/drops': stream });
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([DROP, SUPPRESSED]);
  });

  test('sends nothing to the terminal that controls it', async () => {
    const evil = { ...DROP, port: '\u001b[2J' };
    const { out } = await run('drops --follow', { 'GET /v1/follow/drops': new FakeStream([evil]) });
    expect(out).toContain('\\u001b[2J');
  });

  test('colours the reason on a terminal', async () => {
    const stream = new FakeStream([DROP]);
    const { out } = await run('drops --follow', { 'GET /v1/follow/drops': stream }, { hasColour: true });
    expect(out).toContain('\u001b[31mspoofed-source\u001b[39m');
  });

  test('tells on standard error what was lost', async () => {
    const stream = new FakeStream([{ schema: 'netweft.lost/v1', lost: 7 }]);
    const ran = await run('drops --follow', { 'GET /v1/follow/drops': stream });
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain('7 lines lost');
  });

  test('says on a terminal that it follows, while nothing is dropped', async () => {
    const empty = { 'GET /v1/follow/drops': new FakeStream([]) };
    const ran = await run('drops --follow', empty, { errorsToTerminal: true });
    expect(ran.err).toMatch(/^weft: following; Ctrl-C ends it\n/);
  });

  test('asks for the rate and the port', async () => {
    await run('drops --follow --rate 5 --port a30', { 'GET /v1/follow/drops': new FakeStream([]) });
    expect(daemon?.asked.map(({ request }) => request)).toEqual(['GET /v1/follow/drops?rate=5&port=a30']);
  });

  test('is refused as any command is', async () => {
    const refusal = new UserError('not-found', 'port a99 is not on this host', 'ask another agent');
    const ran = await run('drops --follow --port a99', { 'GET /v1/follow/drops': refusal });
    expect(ran).toEqual({ code: 5, out: '', err: 'weft: port a99 is not on this host; ask another agent\n' });
  });

  test.each(['--rate 5', '--port a30'])('%s alone is a usage error', async (option) => {
    expect(await runCommand(['drops', ...option.split(' ')])).toMatchObject({ code: 2, out: '' });
  });
});

test.each([
  ['drops --follow', { 'GET /v1/follow/drops': new FakeStream([DROP], false) }],
  ['flow list --watch 3600', { 'GET /v1/flows': sample.FLOWS }],
])('weft %s ends with status 0 at a signal, and listens no more', async (words, answers) => {
  daemon = await openFakeDaemon(answers);
  const process = new TestProcess();
  let written: () => void = () => {};
  const hasWritten = new Promise<void>((resolve) => {
    written = resolve;
  });
  process.outTaken = async () => written();
  const ended = runCli([...words.split(' '), '--socket', daemon.socket], process);
  await hasWritten;
  process.signal('SIGINT');
  expect(await ended).toBe(0);
  expect(process.listeners).toBe(0);
});

describe('weft flow list --watch', () => {
  /** Ends after so many answers were shown. */
  async function watch(words: string, shows: number, world: World = {}): Promise<string> {
    daemon = await openFakeDaemon({ 'GET /v1/flows': sample.FLOWS });
    const process = new TestProcess(world);
    let shown = 0;
    process.outTaken = async () => {
      if (++shown === shows) process.signal('SIGTERM');
    };
    expect(await runCli([...words.split(' '), '--socket', daemon.socket], process)).toBe(0);
    return process.written;
  }

  test('shows the flows again with their rate, which the first time is not known', async () => {
    const [first = '', second = ''] = (await watch('flow list --watch 1', 2)).split('\n\n');
    const rates = (table: string) => {
      const rows = table.split('\n').filter((line) => line.includes('10.1.2.'));
      return rows.map((line) => line.split(/\s+/).at(-1));
    };
    expect(first).toContain('PACKETS/S');
    expect(new Set(rates(first))).toEqual(new Set(['-']));
    expect(new Set(rates(second))).toEqual(new Set(['0.0']));
  });

  test('takes the place of the table before on a terminal', async () => {
    const shown = await watch('flow list --watch', 1, { hasColour: true });
    expect(shown.startsWith('\u001b[H\u001b[J')).toBe(true);
  });

  test('prints one JSON document a line', async () => {
    const lines = (await watch('flow list --watch 1 --json', 2)).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([sample.FLOWS, sample.FLOWS]);
  });
});
