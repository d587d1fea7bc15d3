/** The device that a host's underlay is on, captured through libpcap. */
import { createRequire } from 'node:module';
import { networkInterfaces } from 'node:os';
import { UserError } from '../../base/errors.ts';
import { type Endpoint, formatAddress } from '../../base/ipv4.ts';
import { wallNanoseconds } from '../../base/wall-time.ts';

/** Bytes that the kernel keeps for us while we do something else. */
const KERNEL_BUFFER_BYTES = 16 * 1024 * 1024;
const MAX_FRAME_BYTES = 65_535;

/** LINKTYPE_ numbers of what the package calls a device's frames (www.tcpdump.org/linktypes.html). */
const LINK_TYPES: Readonly<Record<string, number>> = { NULL: 0, ETHERNET: 1, RAW: 101, LINKTYPE_LINUX_SLL: 113 };

/** The part of the package `cap`, which has no types, that is used here. */
interface CapModule {
  readonly Cap: new () => {
    open(device: string, filter: string, bufferBytes: number, buffer: Buffer): string;
    setMinBytes?(bytes: number): void;
    on(event: 'packet', take: (bytes: number, isCut: boolean) => void): void;
    close(): void;
  };
}

export interface DeviceCapture {
  readonly linkType: number;
  close(): void;
}

/**
 * Captures the datagrams of a UDP port on a device. `take` gets borrowed bytes and the time at which they were read.
 * Throws UserError: `unsupported` where libpcap is missing, `not-found`, `not-permitted`.
 */
export function openDevice(
  device: string,
  port: number,
  take: (bytes: Uint8Array, timeNs: bigint) => void,
): DeviceCapture {
  const { Cap } = loadCap();
  const buffer = Buffer.alloc(MAX_FRAME_BYTES);
  const capture = new Cap();
  const linkName = openOrRefuse(() => capture.open(device, `udp port ${port}`, KERNEL_BUFFER_BYTES, buffer), device);
  const linkType = LINK_TYPES[linkName];
  if (linkType === undefined) {
    capture.close();
    throw new UserError(
      'unsupported',
      `frames of ${device} are of a kind that is not read: ${linkName}`,
      'name another',
    );
  }
  capture.setMinBytes?.(0);
  capture.on('packet', (bytes) => take(buffer.subarray(0, bytes), wallNanoseconds()));
  let isOpen = true;
  return {
    linkType,
    close() {
      if (isOpen) capture.close();
      isOpen = false;
    },
  };
}

/** The device in this network namespace that has the address. Throws UserError `not-found`. */
export function deviceOf({ address }: Endpoint): string {
  const wanted = formatAddress(address);
  const found = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some((one) => one.address === wanted),
  );
  if (found !== undefined) return found[0];
  throw new UserError(
    'not-found',
    `no device here has the agent's underlay address ${wanted}`,
    'run this in the network namespace of the agent (ip netns exec), or name the device: --underlay DEVICE',
  );
}

function loadCap(): CapModule {
  try {
    return createRequire(import.meta.url)('cap') as CapModule;
  } catch (error) {
    const what = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new UserError(
      'unsupported',
      `captures of the underlay need libpcap and the optional package cap, which does not load: ${what}`,
      'install libpcap-dev and run `npm rebuild cap` (or `npm ci`); --port and tcpdump | weft decode work without',
    );
  }
}

function openOrRefuse(open: () => string, device: string): string {
  try {
    return open();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (/permission|permitted/i.test(message)) {
      throw new UserError('not-permitted', `not allowed to capture on ${device}`, 'run as root, or with CAP_NET_RAW');
    }
    throw new UserError('not-found', `cannot capture on ${device}: ${message}`, 'see `ip link` in this namespace');
  }
}
