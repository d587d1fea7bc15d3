/**
 * What a lab consists of, on disk: the one source for taking it down. What is to be made is written here
 * before, and the identity of each thing at once when it is made. Only who holds the lab's lock writes.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import type { ProcessRecord } from './daemon-process.ts';
import type { LabPlan } from './plan.ts';

const LAB_ROOT = '/run/netweft/lab';

export interface LabRecord {
  readonly schema: 'netweft.lab-record/v1';
  /** The cloud file, as an absolute path. */
  readonly file: string;
  readonly plan: LabPlan;
  /** `device:inode` of each namespace that was made, by name. */
  readonly identities: { readonly [namespace: string]: string };
  /** By the daemon's name; one that was stopped has no entry. */
  readonly processes: { readonly [daemon: string]: ProcessRecord };
}

/** Where a lab keeps its sockets, logs, database and record. */
export function labDirectory(name: string): string {
  return join(LAB_ROOT, name);
}

/** Takes the lab's name; throws `in-use` where a lab of that name exists. */
export function claimLab(name: string): void {
  mkdirSync(LAB_ROOT, { recursive: true, mode: 0o755 });
  try {
    mkdirSync(labDirectory(name), { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new UserError('in-use', `the lab ${name} is up already`, `take it down first: weft lab down ${name}`);
  }
}

export function writeLabRecord(record: LabRecord): void {
  const path = join(labDirectory(record.plan.name), 'lab.json');
  writeFileSync(`${path}.new`, JSON.stringify(record, undefined, 2));
  renameSync(`${path}.new`, path);
}

/** Changes the record as it is on disk now, and returns what it is then. */
export function changeLabRecord(name: string, change: (record: LabRecord) => Partial<LabRecord>): LabRecord {
  const record = readLabRecord(name);
  if (record === undefined) throw new UserError('not-found', `no lab ${name} is up`, 'it was taken down meanwhile');
  const changed = { ...record, ...change(record) };
  writeLabRecord(changed);
  return changed;
}

/** `undefined` where there is no such lab, or nothing of it but its directory. */
export function readLabRecord(name: string): LabRecord | undefined {
  const path = join(labDirectory(name), 'lab.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as LabRecord) : undefined;
}

export function listLabs(): string[] {
  return existsSync(LAB_ROOT) ? readdirSync(LAB_ROOT).toSorted() : [];
}

/** Gives the name back, with everything in the lab's directory. */
export function releaseLab(name: string): void {
  rmSync(labDirectory(name), { recursive: true, force: true });
}
