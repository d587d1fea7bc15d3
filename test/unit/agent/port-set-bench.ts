/** Ports over devices that open when a test says so. */
import type { DeviceOptions } from '../../../src/agent/io/packet-io.ts';
import { PortSet } from '../../../src/agent/port-set.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { PortItem } from '../../../src/control/messages.ts';
import { address, GNI_A, prefix } from '../../kit/cloud-of-one.ts';
import { recordedLog } from '../../kit/recorded-log.ts';
import { VirtualClock } from '../../kit/simulation/virtual-clock.ts';

export const FIRST_RETRY_MS = 100;

export function portItem(revision = 1, change: Partial<PortItem> = {}): PortItem {
  return {
    kind: 'port',
    name: 'a30',
    revision,
    gni: GNI_A,
    network: 'a-net',
    subnet: prefix('10.1.2.0/24'),
    addresses: [address('10.1.2.30')],
    mtu: 1400,
    labels: [],
    device: 'tun0',
    namespace: 'guest',
    ...change,
  };
}

interface Opening {
  readonly index: number;
  readonly device: DeviceOptions;
  readonly succeed: () => void;
  readonly fail: (error: Error) => void;
}

/** `take` gives what the rest of the agent was told since the last call. */
export function openPorts() {
  const clock = new VirtualClock();
  const log = recordedLog();
  const openings: Opening[] = [];
  const happened: string[] = [];
  const ports = new PortSet({
    clock,
    log,
    openDevice: (index, device) =>
      new Promise((succeed, fail) => {
        happened.push(`open ${index}`);
        openings.push({ index, device, succeed, fail });
      }),
    closeDevice: (index) => happened.push(`close ${index}`),
    attach: ({ index, network }) => happened.push(`attach ${index} labels ${network.labels.join()}`),
    detach: (index) => happened.push(`detach ${index}`),
    report: (name, revision, state) => happened.push(`report ${name} ${revision} ${state}`),
  });
  const take = () => happened.splice(0);
  const succeed = async () => {
    openings.at(-1)?.succeed();
    await clock.run(0);
  };
  const fail = async (error: Error = new UserError('in-use', 'tun0 is taken', 'remove it')) => {
    openings.at(-1)?.fail(error);
    await clock.run(0);
  };
  return { clock, log, openings, ports, take, succeed, fail };
}

/** The same with one port that is up. */
export async function openUp(item = portItem()) {
  const opened = openPorts();
  opened.ports.set(item);
  await opened.succeed();
  opened.take();
  return opened;
}
