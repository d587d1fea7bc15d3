/**
 * What the daemon keeps in the store. Values are JSON.
 *
 *   record/<kind>/<name>                   a record as it was applied
 *   live/port/<name>                       where a port is up: the host that said so, and what it said
 *   agreement/<sender>/<receiver>/<id>     an agreement of one direction of a pair of hosts
 *   meta/model                             rewritten with every change of records, which it so puts in order
 *   meta/agreement-counter                 the last agreement id given out; none is used twice
 *   journal/<chunk>                        records of an apply that is being carried out, see `apply-journal.ts`
 */
import { type Kind, KINDS } from '../model/records.ts';

export const MODEL_KEY = 'meta/model';
export const AGREEMENT_COUNTER_KEY = 'meta/agreement-counter';
export const JOURNAL_PREFIX = 'journal/';
const JOURNAL_DIGITS = 4;

export function recordKey(kind: Kind, name: string): string {
  return `record/${kind}/${name}`;
}

export function liveKey(port: string): string {
  return `live/port/${port}`;
}

export function agreementKey(sender: string, receiver: string, id: number): string {
  return `agreement/${sender}/${receiver}/${id}`;
}

export function journalKey(chunk: number): string {
  return `${JOURNAL_PREFIX}${String(chunk).padStart(JOURNAL_DIGITS, '0')}`;
}

export type StoreKey =
  | { readonly family: 'record'; readonly kind: Kind; readonly name: string }
  | { readonly family: 'live'; readonly port: string }
  | { readonly family: 'agreement'; readonly sender: string; readonly receiver: string; readonly id: number }
  | { readonly family: 'model' | 'agreement-counter' | 'journal' };

/** The meaning of a key; `undefined` for one that this version does not know. */
export function parseStoreKey(key: string): StoreKey | undefined {
  if (key === MODEL_KEY) return { family: 'model' };
  if (key === AGREEMENT_COUNTER_KEY) return { family: 'agreement-counter' };
  const [family, first = '', second = '', third = ''] = key.split('/');
  if (family === 'record') {
    const kind = KINDS.find((known) => known === first);
    return kind === undefined ? undefined : { family, kind, name: second };
  }
  if (family === 'live') return { family, port: second };
  if (family === 'agreement') return { family, sender: first, receiver: second, id: Number(third) };
  return family === 'journal' ? { family } : undefined;
}

export function encodeValue(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** What `encodeValue` took; whoever knows the key knows its type. */
export function decodeValue(value: Uint8Array): unknown {
  return JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8'));
}
