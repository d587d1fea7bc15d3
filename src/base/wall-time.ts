const NS_PER_MS = 1_000_000n;
/** The wall clock may be set, and drifts: past this difference it is read anew, ns. */
const MAX_DRIFT_NS = 2n * NS_PER_MS;

/** What the wall clock is ahead of the monotonic one, ns: to the microsecond, as it was when the process began. */
let offset = wallAtStart() - process.hrtime.bigint();

/**
 * Wall-clock time in nanoseconds since 1970, to stamp packets with: to microseconds the same in every process of the
 * machine. Between two settings of the clock it never goes back.
 */
export function wallNanoseconds(): bigint {
  const now = process.hrtime.bigint() + offset;
  const drift = BigInt(Date.now()) * NS_PER_MS - now;
  if (drift < MAX_DRIFT_NS && drift > -MAX_DRIFT_NS) return now;
  offset += drift;
  return now + drift;
}

/** The two parts apart: one number of this size has no place for nanoseconds. */
function wallAtStart(): bigint {
  return BigInt(Math.round(performance.timeOrigin * 1000)) * 1000n + BigInt(Math.round(performance.now() * 1e6));
}
