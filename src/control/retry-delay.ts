import type { Random } from '../base/random.ts';

/** The shortest wait before anything is sent again, milliseconds: above the round trip of one site. */
export const MIN_RETRY_MS = 50;
/** The longest wait before the first retransmission, milliseconds; it doubles with each one. */
export const FIRST_RETRY_MS = 250;
/** The longest wait between any two, milliseconds. */
export const MAX_RETRY_MS = 2000;

/**
 * How long to wait after sending for the `sent`th time (from 1), milliseconds: uniform between
 * MIN_RETRY_MS and a ceiling that doubles up to MAX_RETRY_MS (full jitter), so that many who lost
 * the same peer do not come back in step.
 */
export function retryDelay(sent: number, random: Random): number {
  const ceiling = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (sent - 1));
  return MIN_RETRY_MS + random.next() * (ceiling - MIN_RETRY_MS);
}
