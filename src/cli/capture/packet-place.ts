/** A packet of a capture, as `FILE:N` names it. */
export interface PacketPlace {
  /** `-` is standard input. */
  readonly file: string;
  /** Counted from 1, as Wireshark does. */
  readonly number: number;
}

/** Undefined for a text that is not of the form. */
export function parsePacketPlace(text: string): PacketPlace | undefined {
  const [, file, digits] = /^(.+):(\d{1,9})$/s.exec(text) ?? [];
  const number = Number(digits);
  return file === undefined || number < 1 ? undefined : { file, number };
}
