import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from '../packet/protocols.ts';

const NUMBERS: Readonly<Record<string, number>> = { icmp: PROTOCOL_ICMP, tcp: PROTOCOL_TCP, udp: PROTOCOL_UDP };

/** `tcp` for 6; the number itself for a protocol without a name here. */
export function protocolName(number: number): string {
  return Object.keys(NUMBERS).find((name) => NUMBERS[name] === number) ?? String(number);
}

/** The reverse: 0 to 255, or `undefined` for anything else. */
export function protocolNumber(text: string): number | undefined {
  const named = NUMBERS[text];
  if (named !== undefined) return named;
  return /^\d{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : undefined;
}
