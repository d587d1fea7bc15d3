import { formatEndpoint } from '../../base/ipv4.ts';
import { frameworkByName } from '../../wire/frameworks.ts';
import { drop } from '../drop.ts';
import type { Stage } from '../stage.ts';

/** What this host and the destination's host agreed to speak in this direction. */
export const agreement: Stage = {
  name: 'agreement',
  run(sheet) {
    const { mapping, snapshot, reads, port } = sheet;
    const peer = mapping?.host === undefined ? undefined : snapshot.peer(mapping.host);
    if (peer === undefined) {
      sheet.isCacheable = false;
      return drop('unknown-host');
    }
    sheet.peer = peer;
    reads.add(peer.key);
    const agreed = snapshot.outgoing(peer);
    if (agreed === undefined) {
      sheet.decidedBy = peer.key;
      return drop('no-agreement');
    }
    sheet.agreement = agreed;
    reads.add(agreed.key);
    const labels = port?.network.labels.length ?? 0;
    const maxLabels = frameworkByName(agreed.framework)?.maxLabels ?? 0;
    if (labels <= maxLabels) return undefined;
    sheet.decidedBy = agreed.key;
    return drop('labels-unsupported');
  },
  describe({ peer, agreement: agreed, mapping }) {
    if (peer === undefined) return `host ${mapping?.host} is not known here`;
    const where = `host ${peer.name} at ${formatEndpoint(peer.endpoint)}`;
    return agreed === undefined
      ? `nothing agreed with ${where}`
      : `agreement ${agreed.id}, ${agreed.framework}, with ${where}`;
  },
};
