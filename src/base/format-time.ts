const NANOSECONDS = 1_000_000_000n;
/** The last second of the year 9999; a later one has no RFC 3339 form. */
const LAST_SECOND = 253_402_300_799n;

/** RFC 3339, UTC, with `digits` (1 to 9) of the second's fraction; `-` where there is no such time. */
export function formatTime(timeNs: bigint | undefined, digits: number): string {
  if (timeNs === undefined || timeNs < 0n || timeNs / NANOSECONDS > LAST_SECOND) return '-';
  const seconds = new Date(Number(timeNs / NANOSECONDS) * 1000).toISOString().slice(0, 19);
  const fraction = String(timeNs % NANOSECONDS).padStart(9, '0');
  return `${seconds}.${fraction.slice(0, digits)}Z`;
}

/** The reverse, for nine digits: nanoseconds since 1970. `undefined` where the text is not of that form. */
export function parseTime(text: string): bigint | undefined {
  const [, seconds, fraction] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z$/.exec(text) ?? [];
  const milliseconds = Date.parse(`${seconds}Z`);
  if (fraction === undefined || Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds / 1000) * NANOSECONDS + BigInt(fraction);
}
