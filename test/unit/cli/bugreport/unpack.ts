import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The files of a compressed archive by name, its single folder apart, as the machine's `tar` unpacks them. */
export function unpack(bytes: Uint8Array): ReadonlyMap<string, string> {
  const listed = tar(['-tzf', '-'], bytes).trimEnd().split('\n');
  const folder = mkdtempSync(join(tmpdir(), 'weft-unpack-'));
  try {
    tar(['-xzf', '-', '-C', folder], bytes);
    const [top = ''] = readdirSync(folder);
    return new Map(listed.map((name) => [name.slice(top.length + 1), readFileSync(join(folder, name), 'utf8')]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function tar(words: readonly string[], input: Uint8Array): string {
  const { status, stdout, stderr } = spawnSync('tar', words, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
