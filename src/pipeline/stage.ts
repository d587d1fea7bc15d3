import type {
  AgreementView,
  LocalPort,
  MappingView,
  PeerView,
  Snapshot,
  StateKey,
  SubnetView,
} from '../model/snapshot.ts';
import type { PacketView } from '../packet/packet-view.ts';
import type { HeaderBody } from '../wire/header-body.ts';
import type { Arrival } from './arrival.ts';
import type { IngressContext, Outcome } from './outcome.ts';

/**
 * The work sheet of one decision. Stages read the arrival and the snapshot, note what they read, and
 * leave what later stages need; each field is set by the stage named beside it.
 */
export interface Sheet {
  readonly snapshot: Snapshot;
  readonly arrival: Arrival;
  /** Parsed by `parse`. */
  readonly packet: PacketView;
  readonly reads: Set<StateKey>;
  isCacheable: boolean;
  validForMs: number;
  /** Guard: the decision holds for packets up to this many bytes. */
  maxLength: number;
  /** The record that the outcome comes from, as far as stages have gone; see `Decision`. */
  decidedBy: StateKey | undefined;
  /** `source-check` on the guest side, `destination` on the underlay side. */
  port?: LocalPort;
  /** `subnet`. */
  subnet?: SubnetView;
  /** `mapping`. */
  mapping?: MappingView;
  /** `agreement` on the guest side, `context` on the underlay side. */
  peer?: PeerView;
  agreement?: AgreementView;
  /** `context`. */
  body?: HeaderBody;
  /** `destination`, on the underlay side. */
  context?: IngressContext | undefined;
}

/** One step of the pipeline. It returns an outcome to end the decision, or nothing to pass. */
export interface Stage {
  readonly name: string;
  run(sheet: Sheet): Outcome | undefined;
  /** What the stage saw, for people; called after `run`, only when a trace is wanted. */
  describe(sheet: Sheet): string;
}
