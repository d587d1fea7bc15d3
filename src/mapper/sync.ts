/**
 * Pages of everything that a host must know, in an order that does not change: a cursor names the
 * last item of its page, so that asking again gives the rest as it is now. What changes meanwhile
 * behind the cursor reaches the host as a push.
 */
import { fittingItems } from '../control/codec.ts';
import type { Item, SyncPage } from '../control/messages.ts';
import { agreementItem } from './agreement-table.ts';
import type { MapperState } from './mapper-state.ts';
import { ownItems } from './own-items.ts';

const AGREEMENT_DIGITS = 8;

/** The page of `host` after `cursor`; one that was never given out is a place in the order as any other. */
export function syncPage(state: MapperState, host: string, cursor: string): SyncPage {
  const all = [...itemsByCursor(state, host)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const rest = all.filter(([key]) => key > cursor);
  const items = rest.map(([, item]) => item);
  const count = fittingItems(items, 0);
  const isLast = count === items.length;
  return { kind: 'sync-page', items: items.slice(0, count), next: isLast ? '' : (rest[count - 1]?.[0] ?? '') };
}

function itemsByCursor(state: MapperState, host: string): Map<string, Item> {
  const items = new Map<string, Item>();
  for (const item of ownItems(state.cloud, host).values()) {
    items.set(item.kind === 'subnet' ? `1/${item.name}` : `2/${item.name}`, item);
  }
  for (const agreement of state.agreements.ofHost(host)) {
    const peer = agreement.sender === host ? agreement.receiver : agreement.sender;
    for (const item of state.hostItem(peer)) items.set(`3/${item.name}`, item);
    // A sender hears of an agreement once its receiver has it.
    const isKnown = agreement.receiver === host || agreement.isActive;
    if (isKnown) items.set(`4/${String(agreement.id).padStart(AGREEMENT_DIGITS, '0')}`, agreementItem(agreement));
  }
  return items;
}
