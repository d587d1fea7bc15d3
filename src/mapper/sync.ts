/**
 * Pages of everything that a host must know, in an order that does not change: a cursor names the
 * last item of its page, so that asking again gives the rest as it is now. What changes meanwhile
 * behind the cursor reaches the host as a push. From its first page to its last, a session keeps all
 * items in order (`Session.syncItems`), unless one of them changes.
 */
import { fittingItems } from '../control/codec.ts';
import { type Item, MAX_ITEMS, type SyncPage } from '../control/messages.ts';
import { agreementItem } from './agreement-table.ts';
import type { MapperState } from './mapper-state.ts';
import { ownItems } from './own-items.ts';
import type { Session, SyncItem } from './session.ts';

const AGREEMENT_DIGITS = 8;

/** The session's page after `cursor`; one that was never given out is a place in the order as any other. */
export function syncPage(state: MapperState, session: Session, cursor: string): SyncPage {
  session.syncItems ??= [...itemsByCursor(state, session.host)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const from = indexAfter(session.syncItems, cursor);
  // More than MAX_ITEMS fit no page.
  const next = session.syncItems.slice(from, from + MAX_ITEMS + 1);
  const items = next.map(([, item]) => item);
  const count = fittingItems(items, 0);
  const isLast = count === items.length;
  if (isLast) session.syncItems = undefined;
  return { kind: 'sync-page', items: items.slice(0, count), next: isLast ? '' : (next[count - 1]?.[0] ?? '') };
}

/** The index of the first item whose cursor is above `cursor`. */
function indexAfter(items: readonly SyncItem[], cursor: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle]?.[0] ?? '') <= cursor) low = middle + 1;
    else high = middle;
  }
  return low;
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
