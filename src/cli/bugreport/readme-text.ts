import { formatTable } from '../table.ts';
import type { BugreportItem } from './bugreport-document.ts';

export interface ReadmeFacts {
  readonly time: string;
  readonly version: string;
  readonly redactedAddresses: boolean;
  readonly items: readonly BugreportItem[];
}

/** The first file of a report: what is inside, what is missing, what was left out on purpose. */
export function readmeText({ time, version, redactedAddresses, items }: ReadmeFacts): string {
  const rows = items.map(({ name, asked, tookMs, bytes, failure, cut }) => [
    name,
    failure === undefined ? (cut ? 'cut' : 'ok') : 'failed',
    bytes,
    tookMs,
    asked,
  ]);
  const failures = items.flatMap(({ name, failure }) => (failure === undefined ? [] : [`${name}: ${failure}\n`]));
  return `Netweft bug report, made by weft ${version} at ${time}

${formatTable(['FILE', 'RESULT', 'BYTES', 'MS', 'ASKED'], rows)}
${failures.length === 0 ? 'Everything that was asked for was answered.\n' : `What failed, and why:\n${failures.join('')}`}
Left out: everything that is not in the table. No other file is read, no other variable of the environment, no packet,
and of a configuration only the values of its keys. What looks like a key, a password or a token is replaced by
<redacted>.

${redactedAddresses ? OTHER_NAMES : TRUE_NAMES}
Look through it before you send it on.
`;
}

const OTHER_NAMES = `Names of tenants, networks, subnets, hosts, guests, ports, devices, namespaces and of this machine, IP addresses and
paths are others than in the cloud (port-1, 10.0.0.1, path-1), the same for the same throughout. Lines of the journal are
reduced to time, level, daemon and event. GNIs, labels, ids, revisions, UDP and TCP ports and counts are true.
`;
const TRUE_NAMES = `Names and addresses of the cloud are true; weft bugreport --redact-addresses replaces them.
`;
