import { afterEach, describe, expect, test } from 'vitest';
import type { EventDocument } from '../../../src/admin/event-documents.ts';
import { type FakeDaemon, FakeStream, openFakeDaemon } from './fake-daemon.ts';
import { type Ran, runCommand, type World } from './run-command.ts';
import { EVENT, EVENTS } from './sample-documents.ts';
import { LOST } from './sample-streams.ts';

const TROUBLE: EventDocument = {
  schema: 'netweft.event/v1',
  sequence: 119,
  time: '2026-11-20T10:00:01.000Z',
  daemon: 'agent',
  host: 'x',
  event: 'port-trouble',
  port: 'a30',
  device: 'tun0',
  error: 'an interface of this name exists already',
};

const NEXT: EventDocument = { ...EVENT, sequence: 120, event: 'port-up' };
const PAST = { ...EVENTS, sequence: 119, events: [EVENT, TROUBLE] };

let daemon: FakeDaemon | undefined;

afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
});

async function run(words: string, answers: Readonly<Record<string, unknown>>, world: World = {}): Promise<Ran> {
  daemon = await openFakeDaemon(answers);
  return runCommand([...words.split(' '), '--socket', daemon.socket], world);
}

const asked = () => daemon?.asked.map(({ request }) => request);
const lines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

describe('weft events', () => {
  test('tells what happened, a line for each, as the log has it', async () => {
    const ran = await run('events', { 'GET /v1/events': PAST });
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out.split('\n')).toEqual([
      '2026-11-20T10:00:00.123Z  port-lost               host=x port=a30 device=tun0 cause=deleted',
      '2026-11-20T10:00:01.000Z  port-trouble            host=x port=a30 device=tun0 error="an interface of this name exists already"',
      '',
    ]);
    expect(asked()).toEqual(['GET /v1/events?last=50']);
  });

  test('prints one JSON document a line, as it came', async () => {
    const { out } = await run('events --json', { 'GET /v1/events': PAST });
    expect(lines(out)).toEqual([EVENT, TROUBLE]);
  });

  test('asks for as many as it was told, or from a sequence on', async () => {
    await run('events --last 3', { 'GET /v1/events': PAST });
    expect(asked()).toEqual(['GET /v1/events?last=3']);
    await daemon?.close();
    const ran = await run('events --since 118', { 'GET /v1/events': PAST });
    expect(asked()).toEqual(['GET /v1/events?after=117']);
    expect(ran.err).toBe('');
  });

  test('says which events that were asked for are forgotten', async () => {
    const ran = await run('events --since 5 --json', { 'GET /v1/events': { ...PAST, forgotten: 117 } });
    expect(ran.err).toBe('weft: events 5 to 117 are no longer kept\n');
    expect(lines(ran.out)).toHaveLength(2);
  });

  test('sends nothing to the terminal that controls it', async () => {
    const evil = { ...EVENT, event: '\u001b[2J', port: '\u001b]0;x\u0007' };
    const { out } = await run('events', { 'GET /v1/events': { ...PAST, events: [evil] } });
    expect(out.split('').filter((character) => character < ' ' && character !== '\n')).toEqual([]);
    expect(out).toContain('\\u001b[2J');
  });

  test.each([['--last 3 --since 5'], ['--since 0'], ['--last 1001'], ['--last x']])(
    '%s is a usage error',
    async (options) => {
      expect(await runCommand(['events', ...options.split(' ')])).toMatchObject({ code: 2, out: '' });
    },
  );

  test('says that no daemon answers', async () => {
    const environment = { WEFT_SOCKET: '/nonexistent/weft.sock' };
    expect(await runCommand(['events'], { environment })).toMatchObject({ code: 3, out: '' });
  });
});

describe('weft events --follow', () => {
  test('goes on where the past ends, until the daemon does', async () => {
    const stream = new FakeStream([NEXT]);
    const ran = await run('events --follow --json', { 'GET /v1/events': PAST, 'GET /v1/follow/events': stream });
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('ended the stream') });
    expect(lines(ran.out)).toEqual([EVENT, TROUBLE, NEXT]);
    expect(asked()).toEqual(['GET /v1/events?last=50', 'GET /v1/follow/events?after=119']);
  });

  test('leaves the past out where nothing of it is wanted', async () => {
    const answers = { 'GET /v1/events': { ...PAST, events: [] }, 'GET /v1/follow/events': new FakeStream([NEXT]) };
    const { out } = await run('events --follow --last 0', answers);
    expect(out).toMatch(/^\S+ {2}port-up .*\n$/);
    expect(asked()).toEqual(['GET /v1/events?last=0', 'GET /v1/follow/events?after=119']);
  });

  test('tells on standard error what was lost on the way', async () => {
    const answers = { 'GET /v1/events': PAST, 'GET /v1/follow/events': new FakeStream([NEXT, LOST]) };
    const ran = await run('events --follow --json', answers);
    expect(ran.err).toMatch(/12 lines lost/);
    expect(lines(ran.out)).toHaveLength(3);
  });
});
