import type { PacketFate } from '../../admin/stream-documents.ts';
import { printable } from '../../base/printable.ts';
import { recordText } from '../fate-text.ts';

/** Of a datagram that was on the wire, and of which nothing that the agent told came in time. */
export const NO_FATE = 'netweft: not told by the agent, or the capture lost what it told';

/**
 * The comment of a captured packet:
 * `netweft: VERDICT[ REASON]; GNI S -> D; agreement N FRAMEWORK; by RECORD generation INCARNATION:REVISION`.
 * What is not known is left out.
 */
export function fateComment(fate: PacketFate): string {
  const record = recordText(fate);
  const parts = [
    [fate.verdict, fate.reason].filter((word) => word !== undefined).join(' '),
    gniText(fate),
    ...(fate.agreement === undefined ? [] : [`agreement ${fate.agreement} ${fate.framework ?? ''}`.trimEnd()]),
    ...(record === undefined ? [] : [`by ${record}`]),
  ];
  return printable(`netweft: ${parts.filter((part) => part !== '').join('; ')}`);
}

function gniText({ sourceGni, destinationGni }: PacketFate): string {
  if (sourceGni === undefined) return '';
  return destinationGni === undefined ? `GNI ${sourceGni}` : `GNI ${sourceGni} -> ${destinationGni}`;
}
