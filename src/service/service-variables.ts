/** What a service manager asks of this process. */
export interface ServiceRequest {
  /** Where notifications go: a path, or an abstract name after '@'. */
  readonly socket: string;
  /** It acts when it has not heard of this process for so long, ms; undefined: never. */
  readonly watchdogMs: number | undefined;
}

/**
 * Reads the variables of sd_notify(3) and sd_watchdog_enabled(3). `take` gives a variable's value and takes the
 * variable away, so that no child of this process speaks for it. Undefined where nobody wants to be notified.
 */
export function takeServiceRequest(
  take: (variable: string) => string | undefined,
  pid: number,
): ServiceRequest | undefined {
  const socket = take('NOTIFY_SOCKET') ?? '';
  const microseconds = take('WATCHDOG_USEC') ?? '';
  const watched = take('WATCHDOG_PID') ?? '';
  if (socket === '') return undefined;
  const isOurs = watched === '' || watched === String(pid);
  const isInterval = /^[1-9]\d{0,15}$/.test(microseconds);
  return { socket, watchdogMs: isOurs && isInterval ? Number(microseconds) / 1000 : undefined };
}
