import type { Framework } from './framework.ts';
import { udp10 } from './udp-1-0.ts';
import { udp20 } from './udp-2-0.ts';
import { udpPb10 } from './udp-pb-1-0.ts';

/**
 * Every framework that this release speaks, best first: what a host reports, and the order in which
 * the mapping daemon prefers them. Families are ranked by where they first stand.
 *
 * History, newest first. An entry is added with each change and none is ever taken away or
 * renumbered; code of a retired version goes only when no supported release sends it.
 *
 * - 2026-11-20: udp-pb/1.0, number 3: protobuf body, a family of its own, ranked last.
 * - 2026-11-20: udp/2.0, number 2: other order and sizes, label stack.
 * - 2026-11-20: udp/1.0, number 1.
 */
export const FRAMEWORKS: readonly Framework[] = [udp20, udp10, udpPb10];

/** What a host offers unless it is told otherwise. */
export const FRAMEWORK_NAMES: readonly string[] = FRAMEWORKS.map(({ name }) => name);

const byName = new Map(FRAMEWORKS.map((framework) => [framework.name, framework]));
const byNumber = new Map(FRAMEWORKS.map((framework) => [framework.number, framework]));

export function frameworkByName(name: string): Framework | undefined {
  return byName.get(name);
}

export function frameworkByNumber(number: number): Framework | undefined {
  return byNumber.get(number);
}
