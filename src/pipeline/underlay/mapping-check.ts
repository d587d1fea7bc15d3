import { formatAddress } from '../../base/ipv4.ts';
import { dropDoubting } from '../drop.ts';
import type { Stage } from '../stage.ts';

/** How long a contradiction is repeated from the cache while the mapping is asked for again, ms. */
const CONTRADICTION_VALID_MS = 1000;

/** The inner source really lives on the host that sent it. */
export const mappingCheck: Stage = {
  name: 'mapping-check',
  run(sheet) {
    const { body, packet, snapshot, peer, reads } = sheet;
    if (body === undefined || peer === undefined) return undefined;
    const wanted = { gni: body.sourceGni, address: packet.source };
    const found = snapshot.mapping(wanted.gni, wanted.address);
    if (found === undefined) {
      sheet.isCacheable = false;
      return { kind: 'hold', wanted };
    }
    sheet.mapping = found;
    reads.add(found.key);
    if (found.host === peer.name) return undefined;
    sheet.validForMs = CONTRADICTION_VALID_MS;
    sheet.decidedBy = found.key;
    return dropDoubting('source-not-there', wanted);
  },
  describe({ mapping, packet, peer }) {
    const address = formatAddress(packet.source);
    if (mapping === undefined)
      return `not known here where ${address} is: the packet waits while the mapping daemon is asked`;
    return `${address} is on ${mapping.host ?? 'no host'}; ${peer?.name} sent it`;
  },
};
