/** The part of a cloud file that only `weft lab` reads: where the lab's own daemons are, and how they are started. */
import Type from 'typebox';
import { formatPrefix, isInPrefix, parseAddress, parseEndpoint, parsePrefix, type Prefix } from '../base/ipv4.ts';
import { FRAMEWORK_NAMES } from '../wire/frameworks.ts';
import { type CloudRecord, DEFAULT_UNDERLAY_PORT, NAME_PATTERN, NAME_RULE } from './records.ts';
import { compileSchemaCheck } from './schema-problems.ts';

const LabHostSchema = Type.Object(
  {
    name: Type.String({ pattern: NAME_PATTERN, description: NAME_RULE }),
    frameworks: Type.Array(Type.Enum([...FRAMEWORK_NAMES], { description: `one of ${FRAMEWORK_NAMES.join(', ')}` }), {
      minItems: 1,
      maxItems: FRAMEWORK_NAMES.length,
      description: `a list of wire versions, best first, of ${FRAMEWORK_NAMES.join(', ')}`,
    }),
  },
  { additionalProperties: false },
);

const LabSchema = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$',
        description: 'lower-case letters, digits and inner hyphens, at most 32 characters',
      }),
    ),
    underlay: Type.Optional(
      Type.String({ pattern: '^[0-9.]{7,15}/[0-9]{1,2}$', description: 'a prefix such as 198.18.0.0/24' }),
    ),
    mapper: Type.String({ pattern: '^[0-9.]{7,15}$', description: 'an IPv4 address such as 198.18.0.2' }),
    hosts: Type.Optional(Type.Array(LabHostSchema, { description: 'a list of hosts, each started with "- name:"' })),
  },
  { additionalProperties: false },
);

/** How the agent of one host is started. */
export interface LabHost {
  readonly name: string;
  /** What it offers, best first. */
  readonly frameworks: readonly string[];
}

export interface LabSection {
  /** Distinguishes labs of one machine. */
  readonly name: string;
  /** The prefix that all daemons' addresses are in, when the file says one. */
  readonly underlay: string | undefined;
  /** The address of the mapping daemon. */
  readonly mapper: string;
  /** Hosts whose agents are started with options of their own. */
  readonly hosts: readonly LabHost[];
}

export const labSchemaProblems = compileSchemaCheck(LabSchema);

export interface LabProblem {
  /** Keys and list positions from the section down to what is wrong. */
  readonly path: readonly string[];
  readonly message: string;
}

/** What is wrong between the section and the hosts; both have passed their schemas. */
export function labProblems(lab: LabSection, records: readonly CloudRecord[]): LabProblem[] {
  return [
    ...addressProblems(lab, records),
    ...lab.hosts.flatMap(({ name }, at) => hostProblems(lab, at, name, records)),
  ];
}

function hostProblems(lab: LabSection, at: number, name: string, records: readonly CloudRecord[]): LabProblem[] {
  const path = ['hosts', String(at), 'name'];
  const problems: LabProblem[] = [];
  if (!records.some((record) => record.kind === 'host' && record.spec.name === name)) {
    problems.push({ path, message: `lab: there is no host ${name}; name one of the section "hosts"` });
  }
  if (lab.hosts.findIndex((host) => host.name === name) < at) {
    problems.push({ path, message: `lab: host ${name} is listed twice; write it once` });
  }
  return problems;
}

function addressProblems(lab: LabSection, records: readonly CloudRecord[]): LabProblem[] {
  const mapper = parseAddress(lab.mapper);
  if (mapper === undefined) return [{ path: ['mapper'], message: `lab: ${lab.mapper} is not an IPv4 address` }];
  const problems = hostsAt(records, mapper).map((host) => ({
    path: ['mapper'],
    message: `lab: ${lab.mapper} is the address of host ${host}; give the mapping daemon its own`,
  }));
  if (lab.underlay === undefined) return problems;
  const underlay = parsePrefix(lab.underlay);
  if (underlay === undefined) {
    return [
      ...problems,
      { path: ['underlay'], message: `lab: ${lab.underlay} is not a prefix, or has bits set below its length` },
    ];
  }
  return [...problems, ...strayAddresses(mapper, records, underlay)];
}

function hostsAt(records: readonly CloudRecord[], address: number): string[] {
  return hostAddresses(records)
    .filter((host) => host.address === address)
    .map(({ name }) => name);
}

function strayAddresses(mapper: number, records: readonly CloudRecord[], underlay: Prefix): LabProblem[] {
  const daemons = [{ name: 'the mapping daemon', address: mapper }, ...hostAddresses(records)];
  return daemons
    .filter(({ address }) => !isInPrefix(address, underlay))
    .map(({ name }) => ({
      path: ['underlay'],
      message: `lab: ${name} is outside the underlay ${formatPrefix(underlay)}`,
    }));
}

function hostAddresses(records: readonly CloudRecord[]): { name: string; address: number }[] {
  return records.flatMap((record) => {
    if (record.kind !== 'host') return [];
    const endpoint = parseEndpoint(record.spec.underlay, DEFAULT_UNDERLAY_PORT);
    return endpoint === undefined ? [] : [{ name: record.spec.name, address: endpoint.address }];
  });
}
