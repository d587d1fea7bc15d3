import { request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { VERSION } from '../../../src/base/version.ts';
import { type FakeDaemon, openFakeDaemon } from './fake-daemon.ts';
import { runCommand } from './run-command.ts';
import * as sample from './sample-documents.ts';

let daemon: FakeDaemon | undefined;
afterEach(() => daemon?.close());

const ANSWERS = {
  'GET /v1/drops': sample.DROPS,
  'GET /v1/ports': sample.PORTS,
  'POST /v1/explain': sample.EXPLAIN_DROP,
};

test('a daemon of another version is told once, on standard error, with what to do', async () => {
  daemon = await openFakeDaemon(ANSWERS, '9.9.9');
  const ran = await runCommand(['drops', '--socket', daemon.socket]);
  expect(ran.code).toBe(0);
  expect(ran.err).toBe(
    `weft: this is ${VERSION}, the daemon on ${daemon.socket} is 9.9.9; ` +
      'restart the daemon after an upgrade, or use the weft of its version\n',
  );
});

test('two requests of one command: one warning; the status is that of the command', async () => {
  daemon = await openFakeDaemon(ANSWERS, '9.9.9');
  const ran = await runCommand(['explain', '--port', 'a30', '--to', '10.1.2.50', '--socket', daemon.socket]);
  expect(daemon.asked).toHaveLength(2);
  expect(ran.code).toBe(1);
  expect(ran.err.match(/9\.9\.9/g)).toHaveLength(1);
});

test('the JSON document is what it is without the warning', async () => {
  daemon = await openFakeDaemon(ANSWERS, '9.9.9');
  const ran = await runCommand(['drops', '--json', '--socket', daemon.socket]);
  expect(JSON.parse(ran.out)).toEqual(sample.DROPS);
  expect(ran.err).toContain('9.9.9');
});

test('a refusal by a daemon of another version tells of both', async () => {
  daemon = await openFakeDaemon({ 'GET /v1/drops': new Error('fault') }, '9.9.9');
  const ran = await runCommand(['drops', '--socket', daemon.socket]);
  expect(ran.code).toBe(1);
  expect(ran.err.split('\n')).toHaveLength(3);
});

test('what a daemon says of its version cannot write on the terminal', async () => {
  daemon = await openFakeDaemon(ANSWERS, 'x\u0085y');
  const ran = await runCommand(['drops', '--socket', daemon.socket]);
  expect(ran.err).toContain(String.raw`\u0085y;`);
  expect(ran.err).not.toContain('\u0085');
});

test('a daemon of this version is nothing to speak of', async () => {
  daemon = await openFakeDaemon(ANSWERS);
  expect(await runCommand(['drops', '--socket', daemon.socket])).toMatchObject({ code: 0, err: '' });
});

test.each(['/v1/drops', '/v1/nothing', '/v1/fault'])('the answer to %s carries the version', async (path) => {
  daemon = await openFakeDaemon({ ...ANSWERS, 'GET /v1/fault': new Error('fault') });
  const { socket } = daemon;
  const version = await new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket, path, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.headers['x-netweft-version']));
    });
    asked.on('error', reject).end();
  });
  expect(version).toBe(VERSION);
});
