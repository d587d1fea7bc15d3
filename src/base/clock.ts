/** Time and timers as an argument, so that logic runs the same on a real and on a simulated clock. */
export interface Clock {
  /** Milliseconds of a monotonic clock; only differences mean anything. */
  now(): number;
  /** Wall-clock time, for people and logs only. */
  wallTime(): Date;
  /** Calls `run` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** The clock of this machine. Timers do not keep the process alive on their own. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => new Date(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
