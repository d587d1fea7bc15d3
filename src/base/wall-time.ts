const NS_PER_MS = 1_000_000n;
/** The two clocks drift apart, and the wall clock may be set: past this difference it is read anew, ns. */
const MAX_DRIFT_NS = 2n * NS_PER_MS;

let offset: bigint | undefined;

/** Wall-clock time in nanoseconds since 1970, to stamp packets with; between two settings of the clock it never goes back. */
export function wallNanoseconds(): bigint {
  const monotonic = process.hrtime.bigint();
  const wall = BigInt(Date.now()) * NS_PER_MS;
  const drift = offset === undefined ? undefined : wall - (monotonic + offset);
  if (drift === undefined || drift > MAX_DRIFT_NS || drift < -MAX_DRIFT_NS) offset = wall - monotonic;
  return monotonic + (offset ?? 0n);
}
