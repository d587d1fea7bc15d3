import { PROTOCOL_ICMP } from '../../packet/protocols.ts';
import type { FlowAction } from '../action.ts';
import type { InstalledContext } from '../context-table.ts';
import type { FlowInfo } from '../fast-path.ts';
import { FIRST_CONTEXT, KEY_WORDS } from '../flow-key.ts';
import type { FlowTable } from '../flow-table.ts';

/** A flow entry as people see it. */
export function describeFlow(
  flows: FlowTable,
  slot: number,
  action: FlowAction | undefined,
  context: InstalledContext | undefined,
  now: number,
): FlowInfo {
  const [ingress = 0, source = 0, destination = 0, ports = 0, protocol = 0] = flows.keys.subarray(
    slot * KEY_WORDS,
    (slot + 1) * KEY_WORDS,
  );
  return {
    port: ingress < FIRST_CONTEXT ? ingress : undefined,
    peer: context?.peer,
    agreement: context?.agreement,
    framework: context?.framework,
    source,
    destination,
    protocol,
    sourcePort: protocol === PROTOCOL_ICMP ? 0 : ports >>> 16,
    destinationPort: protocol === PROTOCOL_ICMP ? 0 : ports & 0xffff,
    action,
    packets: flows.packets[slot] ?? 0,
    bytes: flows.bytes[slot] ?? 0,
    idleMs: Math.max(0, now - (flows.lastUsed[slot] ?? 0)),
  };
}
