/**
 * The records that describe a cloud, as schemas: what an operator wrote. What the cloud made of it (who
 * is up where) is the mapping daemon's business.
 */
import Type, { type Static } from 'typebox';
import { MAX_LABEL, MAX_LABELS } from '../wire/header-body.ts';

/** The MTU that guests see unless their network says otherwise, bytes. */
export const DEFAULT_MTU = 1400;
/** The UDP port of hosts on the underlay unless the host's record says otherwise. */
export const DEFAULT_UNDERLAY_PORT = 7790;
/** The UDP port of the mapping daemon. */
export const DEFAULT_CONTROL_PORT = 7791;
/** Addresses of one port. */
export const MAX_PORT_ADDRESSES = 16;
/** The MTU that a network may have, bytes. */
export const MIN_MTU = 576;
export const MAX_MTU = 9000;
export const NAME_PATTERN = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$';
export const NAME_RULE = 'lower-case letters, digits and inner hyphens, at most 63 characters';
export const DEVICE_PATTERN = '^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$';
export const NAMESPACE_PATTERN = '^(/[A-Za-z0-9_./-]{1,200}|[A-Za-z0-9][A-Za-z0-9_.-]{0,63})$';

const Name = Type.String({
  pattern: NAME_PATTERN,
  description: NAME_RULE,
});
const Address = Type.String({ pattern: '^[0-9.]{7,15}$', description: 'an IPv4 address such as 10.1.2.30' });
const closed = { additionalProperties: false };

export const Tenant = Type.Object(
  {
    name: Name,
    /** Guest network identifier, unique in the cloud. */
    gni: Type.Integer({ minimum: 1, maximum: 2 ** 32 - 1, description: 'a number from 1 to 4294967295' }),
  },
  closed,
);

export const Network = Type.Object(
  {
    name: Name,
    tenant: Name,
    mtu: Type.Optional(
      Type.Integer({ minimum: MIN_MTU, maximum: MAX_MTU, description: `bytes, ${MIN_MTU} to ${MAX_MTU}` }),
    ),
    /** The label stack that the network's frames carry, outermost first. */
    labels: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0, maximum: MAX_LABEL }), {
        maxItems: MAX_LABELS,
        description: `at most ${MAX_LABELS} labels from 0 to ${MAX_LABEL}`,
      }),
    ),
  },
  closed,
);

export const Subnet = Type.Object(
  {
    name: Name,
    network: Name,
    prefix: Type.String({ pattern: '^[0-9.]{7,15}/[0-9]{1,2}$', description: 'a prefix such as 10.1.2.0/24' }),
  },
  closed,
);

export const Host = Type.Object(
  {
    name: Name,
    /** Where its agent receives guests' packets. */
    underlay: Type.String({
      pattern: '^[0-9.]{7,15}(:[0-9]{1,5})?$',
      description: 'an IPv4 address, with :port where it is not the default',
    }),
  },
  closed,
);

export const Guest = Type.Object({ name: Name, tenant: Name }, closed);

export const Port = Type.Object(
  {
    name: Name,
    guest: Name,
    subnet: Name,
    addresses: Type.Array(Address, {
      minItems: 1,
      maxItems: MAX_PORT_ADDRESSES,
      description: `a list of 1 to ${MAX_PORT_ADDRESSES} IPv4 addresses`,
    }),
    host: Name,
    /** The TUN device; unique on its host and namespace. */
    device: Type.String({
      pattern: DEVICE_PATTERN,
      description: 'an interface name of at most 15 letters, digits, dots, hyphens and underscores',
    }),
    /** The guest's network namespace on the host: a name, or an absolute path. Absent: the agent's own. */
    namespace: Type.Optional(
      Type.String({
        pattern: NAMESPACE_PATTERN,
        description: 'the name of a network namespace, or the absolute path of one',
      }),
    ),
  },
  closed,
);

/** Every kind of record, in the order in which records refer to each other. */
export const SCHEMAS = {
  tenant: Tenant,
  network: Network,
  subnet: Subnet,
  host: Host,
  guest: Guest,
  port: Port,
} as const;

export type Kind = keyof typeof SCHEMAS;
export const KINDS = Object.keys(SCHEMAS) as readonly Kind[];

export interface RecordTypes {
  tenant: Static<typeof Tenant>;
  network: Static<typeof Network>;
  subnet: Static<typeof Subnet>;
  host: Static<typeof Host>;
  guest: Static<typeof Guest>;
  port: Static<typeof Port>;
}

/** A record with its kind. */
export type CloudRecord = { [K in Kind]: { readonly kind: K; readonly spec: RecordTypes[K] } }[Kind];

/** The fields by which a record names others, and the kind that each names. */
export const REFERENCES: { readonly [K in Kind]: Readonly<Record<string, Kind>> } = {
  tenant: {},
  network: { tenant: 'tenant' },
  subnet: { network: 'network' },
  host: {},
  guest: { tenant: 'tenant' },
  port: { guest: 'guest', subnet: 'subnet', host: 'host' },
};
