import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { labSuggestions, labText } from '../../../src/cli/lab-text.ts';
import { runCommand } from './run-command.ts';
import { LAB } from './sample-documents.ts';

beforeEach(() => {
  vi.spyOn(process, 'geteuid').mockReturnValue(0);
});

afterEach(() => {
  vi.restoreAllMocks();
});

// None of them names a lab that can be: nothing on this machine may change should the check be missing.
test.each([
  'up /nonexistent/cloud.yaml',
  'down /none',
  'status /none',
  'status /none --json',
  'exec --lab /none a30 -- true',
  'stop mapper --lab /none',
  'start mapper --lab /none',
])('weft lab %s needs root', async (words) => {
  vi.spyOn(process, 'geteuid').mockReturnValue(1000);
  const ran = await runCommand(['lab', ...words.split(' ')]);
  expect(ran).toEqual({ code: 1, out: '', err: 'weft: a lab needs root; run it with sudo\n' });
});

test('a folder is no cloud file: status 1; one that is not there: status 5', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-'));
  const hint = 'give the path of a cloud file';
  expect(await runCommand(['lab', 'up', folder])).toEqual({
    code: 1,
    out: '',
    err: `weft: cannot read ${folder}: EISDIR; ${hint}\n`,
  });
  rmSync(folder, { recursive: true });
  expect(await runCommand(['lab', 'up', folder])).toEqual({
    code: 5,
    out: '',
    err: `weft: no such file: ${folder}; ${hint}\n`,
  });
});

test('the status tells what is where', () => {
  expect(labText(LAB)).toMatchSnapshot();
});

test('what to try names the lab, so that it works where several are up', () => {
  const elsewhere = LAB.guests.map((guest) => ({ ...guest, guest: 'a-50', host: 'y', addresses: ['10.1.2.50'] }));
  expect(labSuggestions({ ...LAB, guests: [...LAB.guests, ...elsewhere] })).toBe(`try:
  weft lab exec --lab two-tenants a-guest-30 -- ping -c 3 10.1.2.50
  WEFT_SOCKET=/run/netweft/lab/two-tenants/mapper.sock weft status
  weft lab exec --lab two-tenants bridge -- tcpdump -ni bridge udp
  weft lab down two-tenants
`);
});
