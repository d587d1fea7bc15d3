import { agreement } from './guest/agreement.ts';
import { encapsulate } from './guest/encapsulate.ts';
import { localDelivery } from './guest/local-delivery.ts';
import { mapping } from './guest/mapping.ts';
import { mtu } from './guest/mtu.ts';
import { sourceCheck } from './guest/source-check.ts';
import { subnet } from './guest/subnet.ts';
import { unicast } from './guest/unicast.ts';
import { parse } from './parse.ts';
import type { Stage } from './stage.ts';
import { context } from './underlay/context.ts';
import { deliver } from './underlay/deliver.ts';
import { destination } from './underlay/destination.ts';
import { ecn } from './underlay/ecn.ts';
import { mappingCheck } from './underlay/mapping-check.ts';

/** What a guest's packet passes, in order. */
export const GUEST_STAGES: readonly Stage[] = [
  parse,
  sourceCheck,
  unicast,
  subnet,
  mtu,
  localDelivery,
  mapping,
  agreement,
  encapsulate,
];

/** What a datagram from another host passes, in order. */
export const UNDERLAY_STAGES: readonly Stage[] = [context, parse, destination, mappingCheck, ecn, deliver];
