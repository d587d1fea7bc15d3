import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { UserError } from '../base/errors.ts';

/** The packet worker of `native/binding.cc`, for `src/agent/io/`. Arguments are copied before a call returns. */
export interface NativeWorker {
  /** The mapping that `src/agent/io/native-layout.ts` describes; stays readable after `close`. */
  readonly memory: ArrayBuffer;
  /**
   * Answered by a record `opened` or `refused` with this id, which must be new. `namespacePath` is empty for the
   * agent's own namespace; `addresses` and `routes` are pairs of IPv4 address and prefix length.
   */
  openDevice(
    id: number,
    name: string,
    namespacePath: string,
    mtu: number,
    addresses: Uint32Array,
    routes: Uint32Array,
  ): void;
  /** Not answered; a device opened later may have the same name. */
  removeDevice(id: number): void;
  /** Makes the worker do a round: to be called when publishing to the out ring found it asleep. */
  signal(): void;
  close(): Promise<void>;
}

/** `onWake` is called once after the in ring's consumer went to sleep and something arrived. */
type NativeWorkerConstructor = new (
  address: number,
  port: number,
  ringCapacity: number,
  onWake: () => void,
) => NativeWorker;

export interface NativeAddon {
  readonly Worker: NativeWorkerConstructor;
  /**
   * Sends one datagram to the Unix socket at `path`, or at an abstract name where it begins with '@'. Never waits.
   * Returns 0, or the errno.
   */
  notify(path: string, message: string): number;
}

// The root of the package lies two levels above both src/service and dist/service.
const ADDON = fileURLToPath(new URL('../../build/Release/netweft.node', import.meta.url));

/** Loads the addon; throws UserError `unsupported` where it has not been built. */
export function loadNativeAddon(): NativeAddon {
  try {
    return createRequire(import.meta.url)(ADDON);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new UserError('unsupported', `the native addon is missing: no ${ADDON}`, 'build it: npm run build:native');
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';
}
