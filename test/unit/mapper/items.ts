import { formatAddress } from '../../../src/base/ipv4.ts';
import type { AgreementItem, Item } from '../../../src/control/messages.ts';

/** What matters of items, in short. */
export function brief(items: readonly Item[] | undefined): string[] | undefined {
  return items?.map((item) => {
    switch (item.kind) {
      case 'mapping':
        return `mapping ${item.key.gni} ${formatAddress(item.key.address)} ${item.host ?? 'nobody'}`;
      case 'agreement':
        return `agreement ${item.sender}>${item.receiver} ${item.framework}`;
      case 'agreement-gone':
      case 'trace-gone':
        return item.kind;
      case 'trace':
        return `trace of ${item.port ?? 'other hosts'}`;
      default:
        return `${item.kind} ${item.name}`;
    }
  });
}

export function revisions(items: readonly Item[]): number[] {
  return items.flatMap((item) => ('revision' in item ? item.revision : []));
}

export function agreementsOf(items: readonly Item[] | undefined): AgreementItem[] {
  return items?.filter((item) => item.kind === 'agreement') ?? [];
}
