import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 15;

/** Asks until there is an answer, and returns it. Says `what` was waited for when the time is over. */
export async function until<T>(what: string, limitMs: number, ask: () => Promise<T | undefined> | T | undefined) {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`after ${limitMs / 1000} s not yet: ${what}`);
    await sleep(POLL_MS);
  }
}
