/** What a refusal of the kernel, told by the native worker as a step and an errno, means to a person. */
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { UserError, type UserErrorCode } from '../../base/errors.ts';
import { type Endpoint, formatEndpoint } from '../../base/ipv4.ts';
import type { DeviceOptions } from './packet-io.ts';

/** The numbers of `Step` in native/core/failure.h, and the doing that each stands for. */
const STEPS = [
  'nothing',
  'opening /dev/net/tun',
  'making the device',
  'opening the network namespace',
  'entering the network namespace',
  'moving the device into its network namespace',
  'opening a netlink socket',
  'setting its MTU',
  'adding an address',
  'bringing it up',
  'adding a route',
  'opening the underlay socket',
  'binding the underlay socket',
  'starting a thread',
  'waiting for packets',
  'receiving from the underlay socket',
  'reading a ring',
] as const;
type StepName = (typeof STEPS)[number];

interface Meaning {
  readonly steps: readonly StepName[];
  readonly errors: readonly number[];
  readonly code: UserErrorCode;
  readonly why: string;
  readonly hint: string;
}

const { errno } = constants;

/** Read from the top; the first that fits is told. */
const MEANINGS: readonly Meaning[] = [
  {
    steps: ['opening /dev/net/tun'],
    errors: [errno.ENOENT, errno.ENODEV, errno.ENXIO],
    code: 'unsupported',
    why: 'this machine has no TUN devices',
    hint: 'modprobe tun, and see that /dev/net/tun exists (in a container it must be passed in)',
  },
  {
    steps: ['opening the network namespace'],
    errors: [errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP],
    code: 'not-found',
    why: 'there is no such network namespace',
    hint: 'ip netns list shows those that exist',
  },
  {
    steps: [
      'opening the network namespace',
      'entering the network namespace',
      'moving the device into its network namespace',
    ],
    errors: [errno.EINVAL, errno.EBADF, errno.ENXIO],
    code: 'not-found',
    why: 'that file is not a network namespace',
    hint: 'ip netns list shows those that exist',
  },
  {
    steps: ['making the device', 'moving the device into its network namespace'],
    errors: [errno.EBUSY, errno.EEXIST],
    code: 'in-use',
    why: 'an interface of this name exists already',
    hint: 'choose another name, or remove that interface: ip link delete',
  },
  {
    steps: ['making the device', 'moving the device into its network namespace'],
    errors: [errno.EINVAL],
    code: 'invalid',
    why: 'the kernel takes no interface of this name',
    hint: 'choose another name',
  },
  {
    steps: ['adding an address', 'adding a route'],
    errors: [errno.EEXIST],
    code: 'conflict',
    why: 'the network namespace has it already',
    hint: 'ip address and ip route show which interface has it',
  },
  {
    steps: ['adding an address', 'adding a route', 'setting its MTU'],
    errors: [errno.EINVAL, errno.ENETUNREACH],
    code: 'invalid',
    why: 'the kernel does not take it',
    hint: 'see the MTU, addresses and routes of the port',
  },
  {
    steps: ['binding the underlay socket'],
    errors: [errno.EADDRINUSE],
    code: 'in-use',
    why: 'another process has this address and port',
    hint: 'ss -lunp shows which',
  },
  {
    steps: ['binding the underlay socket'],
    errors: [errno.EADDRNOTAVAIL],
    code: 'not-found',
    why: 'no interface of this machine has this address',
    hint: 'ip address shows those that it has',
  },
  {
    steps: [
      'making the device',
      'moving the device into its network namespace',
      'setting its MTU',
      'adding an address',
      'bringing it up',
      'adding a route',
    ],
    errors: [errno.ENODEV, errno.ENETDOWN],
    code: 'conflict',
    why: 'somebody took the device away while it was made',
    hint: 'see who deletes or renames interfaces or puts them down there: ip monitor link',
  },
  {
    steps: STEPS,
    errors: [errno.EOPNOTSUPP, errno.ENOSYS, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT],
    code: 'unsupported',
    why: 'this kernel cannot do it',
    hint: 'see uname -r against the requirements, and which modules are loaded',
  },
  {
    steps: STEPS,
    errors: [errno.EPERM, errno.EACCES],
    code: 'not-permitted',
    why: 'the kernel does not permit it',
    hint: 'run the agent as root, or with CAP_NET_ADMIN, CAP_NET_BROADCAST and CAP_SYS_ADMIN',
  },
  {
    steps: STEPS,
    errors: [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN],
    code: 'limit',
    why: 'too many files or threads are open, or memory is short',
    hint: 'raise the limits of the process (LimitNOFILE, TasksMax in a systemd unit)',
  },
];

/** What a guest does in its own namespace can make any step fail in any way: none of it is a fault of ours. */
const UNFORESEEN: Omit<Meaning, 'steps' | 'errors'> = {
  code: 'conflict',
  why: 'the kernel refused it for a reason that is not foreseen',
  hint: 'see who else changes interfaces there (ip monitor all), and what the kernel says (dmesg)',
};

/** Why the device could not be made. */
export function deviceFailure(step: number, error: number, options: DeviceOptions): UserError {
  const where = options.namespace === undefined ? '' : ` in network namespace ${options.namespace}`;
  return explain(step, error, `device ${options.name}${where}`);
}

/** Why the worker could not start. */
export function startFailure(step: number, error: number, underlay: Endpoint): UserError {
  return explain(step, error, `underlay ${formatEndpoint(underlay)}`);
}

/** Why the worker ended. */
export function workerFault(step: number, error: number): Error {
  return new Error(`the packet worker ended: ${describe(step, error)}`);
}

function explain(step: number, error: number, what: string): UserError {
  const name = STEPS[step];
  const fits = ({ steps, errors }: Meaning) => name !== undefined && steps.includes(name) && errors.includes(error);
  const { code, why, hint } = MEANINGS.find(fits) ?? UNFORESEEN;
  return new UserError(code, `${what}: ${why} (${describe(step, error)})`, hint);
}

function describe(step: number, error: number): string {
  const reason = error > 0 ? getSystemErrorName(-error) : 'no error number';
  return `${STEPS[step] ?? `step ${step}`} failed with ${reason}`;
}
