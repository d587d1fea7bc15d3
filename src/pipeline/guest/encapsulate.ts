import { frameworkByName } from '../../wire/frameworks.ts';
import { encodeHeader } from '../../wire/header.ts';
import { drop } from '../drop.ts';
import type { Stage } from '../stage.ts';

/** Writes the header in the agreed framework and names where the datagram goes. */
export const encapsulate: Stage = {
  name: 'encapsulate',
  run({ port, peer, agreement }) {
    const framework = agreement && frameworkByName(agreement.framework);
    if (port === undefined || peer === undefined || agreement === undefined || framework === undefined) {
      return drop('no-agreement');
    }
    const { gni, labels } = port.network;
    const header = encodeHeader(framework, {
      sourceGni: gni,
      destinationGni: gni,
      agreement: agreement.id,
      labels,
    });
    const { id, framework: name } = agreement;
    return { kind: 'send', host: peer.name, destination: peer.endpoint, header, agreement: id, framework: name };
  },
  describe({ agreement, port }) {
    const labels = port?.network.labels ?? [];
    return `${agreement?.framework}, GNI ${port?.network.gni} to ${port?.network.gni}, labels [${labels.join(' ')}]`;
  },
};
