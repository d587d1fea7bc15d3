import { DecodeError } from '../../base/errors.ts';
import { formatEndpoint } from '../../base/ipv4.ts';
import { decodeHeader } from '../../wire/header.ts';
import { drop } from '../drop.ts';
import type { Outcome } from '../outcome.ts';
import type { Sheet, Stage } from '../stage.ts';

/** Only a known host, in the wire version and under the agreement that it was told to use. */
export const context: Stage = {
  name: 'context',
  run(sheet) {
    sheet.isCacheable = false;
    const outcome = acceptHeader(sheet);
    if (outcome !== undefined) return outcome;
    sheet.isCacheable = true;
    return undefined;
  },
  describe({ arrival, peer, agreement, body }) {
    const from = arrival.kind === 'underlay' ? formatEndpoint(arrival.source) : 'a guest';
    if (peer === undefined) return `${from} is no known host`;
    if (body === undefined) return `the header that ${peer.name} sent does not decode`;
    const gnis = `GNI ${body.sourceGni} to ${body.destinationGni}`;
    if (agreement === undefined) return `${peer.name} claims agreement ${body.agreement}, ${gnis}: not agreed`;
    return `${peer.name} under agreement ${agreement.id}, ${agreement.framework}, ${gnis}`;
  },
};

function acceptHeader(sheet: Sheet): Outcome | undefined {
  const { arrival, snapshot, reads } = sheet;
  const peer = arrival.kind === 'underlay' ? snapshot.peerByEndpoint(arrival.source) : undefined;
  if (arrival.kind !== 'underlay' || peer === undefined) return drop('unknown-sender');
  sheet.peer = peer;
  sheet.decidedBy = peer.key;
  reads.add(peer.key);
  const header = decode(arrival.header);
  if (header === undefined) return drop('bad-header');
  sheet.body = header.body;
  const agreed = snapshot.incoming(peer, header.body.agreement);
  if (agreed === undefined || agreed.framework !== header.framework.name) return drop('wrong-agreement');
  sheet.agreement = agreed;
  reads.add(agreed.key);
  if (header.body.sourceGni !== header.body.destinationGni) return drop('gni-mismatch');
  return undefined;
}

function decode(header: Uint8Array): ReturnType<typeof decodeHeader> | undefined {
  try {
    return decodeHeader(header);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
