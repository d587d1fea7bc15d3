import { UserError } from '../base/errors.ts';
import {
  type Compare,
  type ListOptions,
  MAX_KEY_LENGTH,
  MAX_OPERATIONS,
  MAX_PAGE,
  MAX_VALUE_BYTES,
  type Write,
} from './store.ts';

/** A transaction that obeys every limit and owns its bytes. */
export interface Transaction {
  readonly compares: readonly Compare[];
  readonly writes: readonly Write[];
}

/** A stretch of keys in byte order, both ends as the stores search for them. */
export interface KeyRange {
  readonly from: string;
  readonly before: string;
}

/** What a `list` asks for. */
export interface Listing extends KeyRange {
  readonly limit: number;
}

const PRINTABLE = /^[\x21-\x7e]*$/;
/** Sorts right after every string that extends another by a character of a key. */
const ABOVE_ALL_KEYS = '\x7f';
const LOWEST_CHARACTER = '\x21';

export function checkTransaction(compares: readonly Compare[], writes: readonly Write[]): Transaction {
  const operations = compares.length + writes.length;
  if (operations > MAX_OPERATIONS) {
    throw new UserError(
      'limit',
      `a transaction has ${operations} operations, at most ${MAX_OPERATIONS} are allowed`,
      'split it into several transactions',
    );
  }
  checkWrittenOnce(writes);
  return { compares: compares.map(copyCompare), writes: writes.map(copyWrite) };
}

export function checkListing(prefix: string, { after, limit = MAX_PAGE }: ListOptions): Listing {
  checkPrefix(prefix);
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new UserError('invalid', `a page of ${limit} entries was asked for`, `ask for 1 to ${MAX_PAGE}`);
  }
  if (limit > MAX_PAGE) {
    throw new UserError('limit', `a page of ${limit} entries was asked for`, `ask for at most ${MAX_PAGE}`);
  }
  const before = prefix + ABOVE_ALL_KEYS;
  if (after === undefined) return { from: prefix, before, limit };
  checkKey(after);
  const from = after + LOWEST_CHARACTER;
  return { from: from > prefix ? from : prefix, before, limit };
}

export function checkKey(key: string): void {
  if (key === '') throw new UserError('invalid', 'a key is empty');
  checkText('key', key);
}

export function checkPrefix(prefix: string): void {
  checkText('prefix', prefix);
}

export function checkRevision(revision: number): void {
  if (Number.isSafeInteger(revision) && revision >= 0) return;
  throw new UserError('invalid', `${revision} is not a revision`, 'a revision is an integer from 0');
}

function checkText(what: string, text: string): void {
  if (text.length > MAX_KEY_LENGTH) {
    throw new UserError('limit', `a ${what} has ${text.length} characters, at most ${MAX_KEY_LENGTH} are allowed`);
  }
  if (!PRINTABLE.test(text)) {
    throw new UserError('invalid', `${what} ${JSON.stringify(text)} is not printable ASCII without spaces`);
  }
}

function checkWrittenOnce(writes: readonly Write[]): void {
  const written = new Set<string>();
  for (const { key } of writes) {
    if (written.has(key)) throw new UserError('invalid', `key ${key} is written twice in one transaction`);
    written.add(key);
  }
}

function copyCompare({ key, modRevision }: Compare): Compare {
  checkKey(key);
  checkRevision(modRevision);
  return { key, modRevision };
}

function copyWrite(write: Write): Write {
  const { kind, key } = write;
  checkKey(key);
  if (kind === 'delete') return { kind, key };
  const { length } = write.value;
  if (length > MAX_VALUE_BYTES) {
    throw new UserError('limit', `the value of key ${key} has ${length} bytes, at most ${MAX_VALUE_BYTES} are allowed`);
  }
  return { kind, key, value: new Uint8Array(write.value) };
}
