/** A session with a scripted mapping daemon, and what it tells the rest of the agent. */
import { expect } from 'vitest';
import { MapperSession } from '../../../src/agent/mapper-session.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Item, Report } from '../../../src/control/messages.ts';
import { plainSessionLayer } from '../../../src/control/session-layer.ts';
import { GNI_A, subnetItem } from '../../kit/cloud-of-one.ts';
import { recordedLog } from '../../kit/recorded-log.ts';
import { DAEMON, ScriptedDaemon } from '../../kit/scripted-daemon.ts';
import { VirtualClock } from '../../kit/simulation/virtual-clock.ts';

export const REPORT: Report = { kind: 'report', ports: [{ name: 'a30', revision: 1, state: 'up' }] };
export const KEY = { gni: GNI_A, address: 1 };

/** Told apart by number. */
export function item(at: number): Item {
  return subnetItem(`lan-${at}`, GNI_A, 'a-net', `10.0.${at}.0/24`, at);
}

export function openSession() {
  const clock = new VirtualClock();
  const log = recordedLog();
  const happened: string[] = [];
  const items: Item[] = [];
  const synced: (readonly Item[])[] = [];
  const session = new MapperSession({
    host: 'x',
    boot: '00112233aabbccdd',
    version: '0.1.0',
    frameworks: ['udp/2.0', 'udp/1.0'],
    mapper: DAEMON,
    clock,
    random: seededRandom(1),
    layer: plainSessionLayer(),
    log,
    send: (datagram) => daemon.receive(datagram),
    onItems: (some) => {
      happened.push(`items ${some.length}`);
      items.push(...some);
    },
    onNewIncarnation: () => happened.push('new incarnation'),
    onSynced: (named) => {
      happened.push('synced');
      synced.push(named);
    },
  });
  const daemon = new ScriptedDaemon(clock, (datagram) => session.receive(datagram));
  return { clock, log, happened, items, synced, session, daemon };
}

export async function openReady() {
  const opened = openSession();
  opened.session.start();
  await opened.clock.run(50);
  expect(opened.session.state).toBe('ready');
  return opened;
}
