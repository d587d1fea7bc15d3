import type { IncomingMessage } from 'node:http';
import { isInPrefix, parseAddress } from '../base/ipv4.ts';
import { LOOPBACK } from './metrics-listen.ts';

/**
 * Whether a request names this machine as its host, and no page of a browser asks. A page of somebody
 * else can have the name of its own host point at the loopback, and would read the answer as its own;
 * `Host` still has that name. This holds for Unix sockets too, for a proxy may stand before one.
 */
export function isForThisMachine({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  if (headers.origin !== undefined) return false;
  const name = (headers.host ?? '').replace(/:\d{1,5}$/, '');
  if (name.toLowerCase() === 'localhost') return true;
  const address = parseAddress(name);
  return address !== undefined && isInPrefix(address, LOOPBACK);
}
