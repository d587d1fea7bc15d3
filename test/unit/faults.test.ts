import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Fault {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly suite: string;
  readonly test: string;
}

const { faults } = JSON.parse(readFileSync('test/faults/faults.json', 'utf8')) as { faults: readonly Fault[] };

describe('the planted faults', () => {
  it.each(faults)('can be planted: $name', ({ file, find, replace, test }) => {
    expect(readFileSync(file, 'utf8').split(find)).toHaveLength(2);
    expect(replace).not.toBe(find);
    expect(existsSync(test)).toBe(true);
  });

  it('have different names', () => {
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
  });
});
