import type { Clock } from '../base/clock.ts';
import type { Endpoint } from '../base/ipv4.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { SessionLayer } from '../control/session-layer.ts';

/** Who the agent is, and what it speaks with. */
export interface SessionIdentity {
  /** The name of this host in the cloud's records. */
  readonly host: string;
  /** Random per start, 16 hexadecimal digits. */
  readonly boot: string;
  readonly version: string;
  /** Framework versions to offer first, best first. */
  readonly frameworks: readonly string[];
  readonly mapper: Endpoint;
  readonly clock: Clock;
  readonly random: Random;
  readonly layer: SessionLayer;
  readonly log: Logger;
}
