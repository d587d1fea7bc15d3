import { isDaemonRunning } from './lab-daemons.ts';
import type { LabRecord } from './lab-record.ts';
import type { GuestPlan } from './plan.ts';

/** `weft lab status --json`. */
export interface LabDocument {
  readonly schema: 'netweft.lab/v1';
  readonly name: string;
  /** The cloud file, as an absolute path. */
  readonly file: string;
  /** The namespace of the bridge; the device of the name `bridge` in it carries all of the underlay. */
  readonly bridge: string;
  /** The mapping daemon, then the agents by host. */
  readonly daemons: readonly LabDaemon[];
  /** One for each port of a guest. */
  readonly guests: readonly GuestPlan[];
}

interface LabDaemon {
  readonly name: string;
  readonly state: 'running' | 'ended';
  /** `address:port`. */
  readonly underlay: string;
  readonly namespace: string;
  /** Paths of its admin socket and its log. */
  readonly socket: string;
  readonly log: string;
}

/** The lab as it is now: looks whether its daemons run. */
export function labDocument(record: LabRecord): LabDocument {
  const { name, bridge, mapper, agents, guests } = record.plan;
  const daemons = [mapper, ...agents].map(
    (daemon): LabDaemon => ({
      name: daemon.name,
      state: isDaemonRunning(record, daemon) ? 'running' : 'ended',
      underlay: daemon.underlay,
      namespace: daemon.namespace,
      socket: daemon.socket,
      log: daemon.log,
    }),
  );
  return { schema: 'netweft.lab/v1', name, file: record.file, bridge, daemons, guests };
}
