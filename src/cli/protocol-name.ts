import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from '../packet/protocols.ts';

const NAMES: ReadonlyMap<number, string> = new Map([
  [PROTOCOL_ICMP, 'icmp'],
  [PROTOCOL_TCP, 'tcp'],
  [PROTOCOL_UDP, 'udp'],
]);

/** `tcp` for 6; the number itself for a protocol without a name here. */
export function protocolName(number: number): string {
  return NAMES.get(number) ?? String(number);
}

/** The reverse: 0 to 255, or `undefined` for anything else. */
export function protocolNumber(text: string): number | undefined {
  for (const [number, name] of NAMES) if (name === text) return number;
  return /^\d{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : undefined;
}
