import { drop } from '../drop.ts';
import type { Stage } from '../stage.ts';

/** Into the guest's device. */
export const deliver: Stage = {
  name: 'deliver',
  run: ({ port }) => (port === undefined ? drop('no-such-port') : { kind: 'deliver', port: port.index }),
  describe: ({ port }) => `into port ${port?.name}`,
};
