/**
 * What is made from code and kept: the golden captures, and what the manual shows of them. Run alone with WEFT_UPDATE=1,
 * this file writes them anew.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { goldenCaptures } from '../../golden/golden-captures.ts';
import { ROOT } from '../source-files.ts';
import { goldenPath, tshark } from './tshark.ts';

const MANUAL = join(ROOT, 'docs/wireshark.md');
/** A command line, and what it prints. */
const TRANSCRIPT = /(```text\n\$ )(.*\n)([\s\S]*?)(?=```)/g;

const isUpdate = process.env['WEFT_UPDATE'] === '1';
const captures = goldenCaptures();

describe('golden captures', () => {
  it.each([...captures])('%s.pcapng is what its maker makes', (name, bytes) => {
    if (isUpdate) writeFileSync(goldenPath(name), bytes);
    expect(readFileSync(goldenPath(name)).equals(bytes)).toBe(true);
  });

  it('there are no others', () => {
    const kept = readdirSync(join(ROOT, 'test/golden')).filter((name) => name.endsWith('.pcapng'));
    expect(kept.toSorted()).toEqual([...captures.keys()].map((name) => `${name}.pcapng`).toSorted());
  });
});

describe('docs/wireshark.md', () => {
  it('shows what tshark prints', () => {
    const page = () => readFileSync(MANUAL, 'utf8');
    const shown = page().replace(TRANSCRIPT, (_, begin: string, command: string) => begin + command + output(command));
    if (isUpdate) writeFileSync(MANUAL, shown);
    expect(page().match(TRANSCRIPT)).toHaveLength(2);
    expect(page()).toBe(shown);
  });
});

/** What a command line prints, from the first line of Netweft's part of a tree on. */
function output(command: string): string {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const { status, out, err } = tshark(
    words.slice(1).map((word) => word.replace('test/golden', join(ROOT, 'test/golden'))),
  );
  expect({ status, err }).toEqual({ status: 0, err: '' });
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
  const start = lines.findIndex((line) => line.startsWith('Netweft,'));
  return `${lines.slice(Math.max(0, start)).join('\n')}\n`;
}
