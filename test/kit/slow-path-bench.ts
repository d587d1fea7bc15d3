/** A fast path with the slow path and the state of host x behind it, driven one packet at a time. */
import { SlowPath } from '../../src/agent/slow-path.ts';
import type { HostState } from '../../src/agent/host-state.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { MappingKey } from '../../src/control/messages.ts';
import type { FastPath } from '../../src/fastpath/fast-path.ts';
import type { InPacket, OutPacket } from '../../src/fastpath/packets.ts';
import type { Sighting } from '../../src/fastpath/watch.ts';
import { hostX } from './cloud-of-one.ts';

export interface Bench {
  readonly state: HostState;
  readonly fastPath: FastPath;
  readonly slowPath: SlowPath;
  readonly wanted: MappingKey[];
  /** Copies of what was seen so far. */
  readonly seen: Sighting[];
  now: number;
  /** Handles one batch to the end and returns copies of what came out. */
  step(batch: readonly InPacket[]): OutPacket[];
  /** Tells the slow path that a mapping arrived, and returns what that let go. */
  arrived(key: MappingKey): OutPacket[];
  /** Packets dropped so far, all reasons together. */
  dropped(): number;
  droppedFor(): Record<string, number>;
}

export function openBench(fastPath: FastPath, makeState: typeof hostX = hostX): Bench {
  let sent: OutPacket[] = [];
  const wanted: MappingKey[] = [];
  const seen: Sighting[] = [];
  const clock: Clock = { now: () => bench.now, wallTime: () => new Date(0), after: () => () => {} };
  const state = makeState((keys) => fastPath.touch(keys));
  fastPath.setPeers(state.peers.endpoints());
  const slowPath = new SlowPath({
    clock,
    snapshot: state,
    fastPath,
    send: (packets) => sent.push(...packets.map(copied)),
    see: (sightings) => seen.push(...sightings.map(copiedSighting)),
    want: (key) => wanted.push(key),
    refused: () => {},
  });
  const take = () => {
    const out = sent;
    sent = [];
    return out;
  };
  const bench: Bench = {
    state,
    fastPath,
    slowPath,
    wanted,
    seen,
    now: 1000,
    step(batch) {
      slowPath.handleBatch(batch);
      return take();
    },
    arrived(key) {
      slowPath.mappingArrived(key);
      return take();
    },
    dropped: () => [...fastPath.drops().values()].reduce((sum, count) => sum + count, 0),
    droppedFor: () => Object.fromEntries([...fastPath.drops()].filter(([, count]) => count > 0)),
  };
  return bench;
}

function copiedSighting(sighting: Sighting): Sighting {
  return { ...sighting, output: sighting.output && copied(sighting.output) };
}

function copied(packet: OutPacket): OutPacket {
  return packet.kind === 'guest'
    ? { ...packet, bytes: packet.bytes.slice() }
    : { ...packet, header: packet.header.slice(), bytes: packet.bytes.slice() };
}
