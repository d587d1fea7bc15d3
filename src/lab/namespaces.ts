/** Named network namespaces, as `ip netns` keeps them. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { UserError } from '../base/errors.ts';

export function namespacePath(name: string): string {
  return `/run/netns/${name}`;
}

/** `device:inode`, which no two namespaces share while both exist; `undefined` where there is none of that name. */
export function namespaceIdentity(name: string): string | undefined {
  const stat = statSync(namespacePath(name), { throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}

/** Runs `ip` commands, one per line without the word `ip`, in the namespace or, without one, where we are. */
export function runIp(lines: readonly string[], namespace?: string): void {
  const where = namespace === undefined ? [] : ['-netns', namespace];
  const result = spawnSync('ip', [...where, '-batch', '-'], { input: lines.join('\n'), encoding: 'utf8' });
  if (result.error !== undefined) throw ipMissing(result.error);
  if (result.status === 0) return;
  const place = namespace === undefined ? '' : ` in ${namespace}`;
  throw new UserError(
    'unsupported',
    `ip failed${place}: ${result.stderr.trim()}`,
    'weft lab needs root and Linux with veth',
  );
}

function ipMissing(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ENOENT') return error;
  return new UserError('unsupported', 'the command `ip` is not installed', 'install the package iproute2');
}

/**
 * Keeps the kernel from believing ICMP redirects in the namespace: on all devices and on this one, for
 * one of the two is enough for it. False where its settings cannot be written, as in some containers.
 */
export function forbidRedirects(namespace: string, device: string): boolean {
  const settings = ['all', device].map((name) => `/proc/sys/net/ipv4/conf/${name}/accept_redirects`);
  const words = [`--net=${namespacePath(namespace)}`, 'tee', ...settings];
  return spawnSync('nsenter', words, { input: '0\n' }).status === 0;
}

/** Makes a namespace and returns its identity; throws `in-use` where one of that name exists. */
export function addNamespace(name: string): string {
  if (namespaceIdentity(name) !== undefined) throw namespaceInUse(name);
  try {
    runIp([`netns add ${name}`]);
  } catch (error) {
    throw /File exists/.test(String(error)) ? namespaceInUse(name) : error;
  }
  return namespaceIdentity(name) ?? '';
}

export function namespaceInUse(name: string): UserError {
  const hint = `if nobody needs it: ip netns delete ${name}; if a lab made it: weft lab down`;
  return new UserError('in-use', `a network namespace ${name} exists already`, hint);
}

/** Removes a namespace that is still the one with this identity; its devices go with it. */
export function removeNamespace(name: string, identity: string): void {
  if (namespaceIdentity(name) === identity) runIp([`netns delete ${name}`]);
}

/** The processes whose main thread is in the namespace of this identity, whether or not it still has a name. */
export function processesIn(identity: string): number[] {
  const inode = identity.slice(identity.indexOf(':') + 1);
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.filter((pid) => namespaceLink(pid) === `net:[${inode}]`).map(Number);
}

function namespaceLink(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined; // it ended
  }
}
