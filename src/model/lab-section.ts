/** The part of a cloud file that only `weft lab` reads: where the lab's own daemons are. */
import Type from 'typebox';
import { formatPrefix, isInPrefix, parseAddress, parseEndpoint, parsePrefix, type Prefix } from '../base/ipv4.ts';
import { type CloudRecord, DEFAULT_UNDERLAY_PORT } from './records.ts';
import { compileSchemaCheck } from './schema-problems.ts';

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
  },
  { additionalProperties: false },
);

export interface LabSection {
  /** Distinguishes labs of one machine. */
  readonly name: string;
  /** The prefix that all daemons' addresses are in, when the file says one. */
  readonly underlay: string | undefined;
  /** The address of the mapping daemon. */
  readonly mapper: string;
}

export const labSchemaProblems = compileSchemaCheck(LabSchema);

export interface LabProblem {
  /** The key of the section. */
  readonly key: string;
  readonly message: string;
}

/** What is wrong between the section and the hosts; both have passed their schemas. */
export function labProblems(lab: LabSection, records: readonly CloudRecord[]): LabProblem[] {
  const mapper = parseAddress(lab.mapper);
  if (mapper === undefined) return [{ key: 'mapper', message: `lab: ${lab.mapper} is not an IPv4 address` }];
  const problems = hostsAt(records, mapper).map((host) => ({
    key: 'mapper',
    message: `lab: ${lab.mapper} is the address of host ${host}; give the mapping daemon its own`,
  }));
  if (lab.underlay === undefined) return problems;
  const underlay = parsePrefix(lab.underlay);
  if (underlay === undefined) {
    return [
      ...problems,
      { key: 'underlay', message: `lab: ${lab.underlay} is not a prefix, or has bits set below its length` },
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
      key: 'underlay',
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
