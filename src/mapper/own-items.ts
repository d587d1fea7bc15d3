import { isDeepStrictEqual } from 'node:util';
import type { Item, PortItem, SubnetItem } from '../control/messages.ts';
import type { CloudView } from './cloud-view.ts';
import type { MapperState } from './mapper-state.ts';
import type { Session } from './session.ts';

/** The host's own ports, and the prefixes of their networks. */
export function ownItems(cloud: CloudView, host: string): Map<string, PortItem | SubnetItem> {
  const items = [...cloud.subnetItemsOf(host), ...cloud.portsOf(host).map((port) => port.item)];
  return new Map(items.map((item) => [`${item.kind}/${item.name}`, item]));
}

/** Pushes what differs from what the session was told of its ports and subnets. */
export function tellOwnItems(state: MapperState, session: Session): void {
  const now = ownItems(state.cloud, session.host);
  const { revision } = state;
  const news: Item[] = [];
  for (const [id, { kind, name }] of session.told) {
    if (now.has(id)) continue;
    news.push({ kind: kind === 'port' ? 'port-gone' : 'subnet-gone', name, revision });
    session.told.delete(id);
  }
  for (const [id, item] of now) {
    if (isSame(session.told.get(id), item)) continue;
    news.push(item);
    session.told.set(id, item);
  }
  session.push(news);
}

/** A port's revision is repeated in reports about it; that of a subnet says nothing by itself. */
function isSame(told: PortItem | SubnetItem | undefined, now: PortItem | SubnetItem): boolean {
  if (told?.revision === now.revision) return true;
  return now.kind === 'subnet' && isDeepStrictEqual({ ...told, revision: now.revision }, now);
}
