import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../base/errors.ts';
import { type LabRecord, listLabs, readLabRecord } from './lab-record.ts';

/**
 * The name of the lab that a person means: by its name, by the cloud file it was made from, or, without a word, the only
 * one there is. `undefined` where nothing of it exists.
 */
export function findLab(word: string | undefined): string | undefined {
  const labs = listLabs();
  if (word !== undefined) return labs.find((name) => name === word || readLabRecord(name)?.file === resolve(word));
  if (labs.length <= 1) return labs[0];
  throw new UserError(
    'conflict',
    `several labs are up: ${labs.join(', ')}`,
    'name it: weft lab exec --lab NAME ..., weft lab stop mapper --lab NAME, weft lab down NAME',
  );
}

/** The record of a lab that has to be there. */
export function requireLab(word: string | undefined): LabRecord {
  const name = findLab(word);
  const record = name === undefined ? undefined : readLabRecord(name);
  if (record !== undefined) return record;
  const hint = `make one: weft lab up ${word !== undefined && existsSync(word) ? word : 'FILE'}`;
  throw new UserError('not-found', word === undefined ? 'no lab is up' : `no lab ${word} is up`, hint);
}
