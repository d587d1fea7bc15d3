import { getSystemErrorName } from 'node:util';
import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { loadNativeAddon } from './native-addon.ts';
import { Notifier } from './notifier.ts';
import { type ServiceRequest, takeServiceRequest } from './service-variables.ts';

/**
 * The notifier that this process's environment asks for, if any. The variables are taken out of it: see
 * `takeServiceRequest`. Throws UserError `unsupported` where the addon has not been built.
 */
export function openNotifier(take: (variable: string) => string | undefined, log: Logger): Notifier | undefined {
  const request = takeServiceRequest(take, process.pid);
  if (request === undefined) return undefined;
  return new Notifier({
    clock: systemClock,
    log,
    watchdogMs: request.watchdogMs,
    monotonicMicroseconds: () => process.hrtime.bigint() / 1000n,
    send: openSender(request, log),
  });
}

/** Sends, and says once that it could not: the daemon's work does not depend on who listens. */
function openSender({ socket }: ServiceRequest, log: Logger): (message: string) => void {
  const { notify } = loadNativeAddon();
  let isLogged = false;
  return (message) => {
    const errno = notify(socket, message);
    if (errno === 0 || isLogged) return;
    isLogged = true;
    log.warn('notify-failed', { socket, error: getSystemErrorName(-errno) });
  };
}
