/** What the log says when the state of the cloud changed: the view before and the one after, of the same name or id. */
import { formatEndpoint } from '../../base/ipv4.ts';
import type { Logger } from '../../base/log.ts';
import type { AgreementView, PeerView } from '../../model/snapshot.ts';

/** What was only told again is no change. */
export function logAgreementChange(log: Logger, before: AgreementView | undefined, after: AgreementView | undefined) {
  const isSame =
    before?.sender === after?.sender && before?.receiver === after?.receiver && before?.framework === after?.framework;
  if (isSame) return;
  if (after !== undefined) log.debug('agreement-installed', agreementFields(after));
  else if (before !== undefined) log.debug('agreement-gone', agreementFields(before));
}

export function logPeerChange(log: Logger, before: PeerView | undefined, after: PeerView | undefined): void {
  const endpoint = after && formatEndpoint(after.endpoint);
  if (endpoint === (before && formatEndpoint(before.endpoint))) return;
  if (after !== undefined) log.debug('peer-known', { peer: after.name, endpoint });
  else if (before !== undefined) log.debug('peer-gone', { peer: before.name });
}

function agreementFields({ id, sender, receiver, framework }: AgreementView) {
  return { agreement: id, sender, receiver, framework };
}
