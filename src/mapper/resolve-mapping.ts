import type { Item, MappingItem, MappingKey } from '../control/messages.ts';
import { agreementItem } from './agreement-table.ts';
import type { Agreements } from './agreements.ts';
import { NEGATIVE_VALID_MS, POSITIVE_VALID_MS } from './limits.ts';
import type { MapperState } from './mapper-state.ts';

/** What a host is to be told about a guest address. */
export type Resolution =
  | { readonly state: 'ready'; readonly needs: readonly Item[]; readonly mapping: MappingItem }
  /** Until the receiver has installed the agreement, or an unusable one is gone. */
  | { readonly state: 'waiting' };

/**
 * Looks a mapping up for `host`, and asks for the agreements that it needs. A host may ask about the
 * GNIs of its own ports only. The revision of a mapping grows with every change of its answer: that of
 * "nobody" is the present one, that of a host the latest change without which it would not be told.
 */
export function resolveMapping(state: MapperState, agreements: Agreements, host: string, key: MappingKey): Resolution {
  const mapping = state.mapping(key);
  const since = state.cloud.gniSince(host, key.gni);
  if (mapping === undefined || since === undefined) return nobody(key, state.revision);
  const revision = Math.max(mapping.revision, since);
  if (mapping.host === host) return held(key, host, revision, []);
  const known = state.agreements.of(host, mapping.host);
  if (agreements.isMismatch(host, mapping.host)) {
    if (known.length === 0) agreements.want(host, mapping.host);
    return known.length === 0 ? nobody(key, state.revision) : { state: 'waiting' };
  }
  const agreement = known.findLast(({ isActive }) => isActive);
  if (agreement === undefined || state.agreements.of(mapping.host, host).length === 0) {
    agreements.want(host, mapping.host);
  }
  if (agreement === undefined) return { state: 'waiting' };
  const needs = [...state.hostItem(mapping.host), agreementItem(agreement)];
  return held(key, mapping.host, Math.max(revision, agreement.revision), needs);
}

function nobody(key: MappingKey, revision: number): Resolution {
  const mapping: MappingItem = { kind: 'mapping', key, revision, host: undefined, validMs: NEGATIVE_VALID_MS };
  return { state: 'ready', needs: [], mapping };
}

function held(key: MappingKey, host: string, revision: number, needs: readonly Item[]): Resolution {
  return { state: 'ready', needs, mapping: { kind: 'mapping', key, revision, host, validMs: POSITIVE_VALID_MS } };
}
