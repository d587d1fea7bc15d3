/** The cloud of the tests, as plain records: the cloud file and the expectations are both made from it. */
import { stringify } from 'yaml';
import { RUN_MARK } from '../run-mark.ts';

export interface TestPort {
  readonly name: string;
  readonly tenant: string;
  readonly host: string;
  readonly addresses: readonly string[];
  readonly namespace: string;
}

export interface TestCloud {
  /** Of the lab, and the beginning of every namespace. */
  readonly name: string;
  /** GNI by tenant. */
  readonly tenants: Readonly<Record<string, number>>;
  /** The subnet that every tenant has. */
  readonly prefix: string;
  /** Underlay address by host. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly ports: readonly TestPort[];
  readonly mapper: string;
  /** Wire versions that a host's agent offers, best first; a host that is not named offers all. */
  readonly frameworks?: Readonly<Record<string, readonly string[]>>;
}

export const DEVICE = `weft-${RUN_MARK}`;
export const PREFIX = '10.1.2.0/24';
const HOSTS = { x: '198.19.7.11', y: '198.19.7.12', z: '198.19.7.13' };
const MAPPER = '198.19.7.2';

/**
 * Tenants `a` and `b` with the same addresses on the same hosts. Besides, `b` has a guest on host x
 * whose address nobody of `a` has, and which shares its host with another of its tenant; it has two addresses.
 * `purpose` is where its lab's name begins.
 */
export function twoTenants(purpose: string): TestCloud {
  const name = `${purpose}-${RUN_MARK}`;
  const port = (guest: string, tenant: string, host: string, ...addresses: string[]): TestPort => {
    return { name: guest, tenant, host, addresses, namespace: `${name}-${guest}` };
  };
  const twins = ['a', 'b'].flatMap((tenant) => [
    port(`${tenant}30`, tenant, 'x', '10.1.2.30'),
    port(`${tenant}50`, tenant, 'y', '10.1.2.50'),
    port(`${tenant}70`, tenant, 'z', '10.1.2.70'),
  ]);
  const ports = [...twins, port('b90', 'b', 'x', '10.1.2.90', '10.1.2.91')];
  return { name, tenants: { a: 1001, b: 2002 }, prefix: PREFIX, hosts: HOSTS, ports, mapper: MAPPER };
}

/** The records of ports alone, as a part of a cloud that exists. */
export function portRecords(ports: readonly TestPort[]): object[] {
  return ports.map(({ name, tenant, host, addresses, namespace }) => {
    return {
      name,
      guest: name,
      subnet: `${tenant}-subnet`,
      addresses: [...addresses],
      host,
      namespace,
      device: DEVICE,
    };
  });
}

export function cloudFile(cloud: TestCloud): string {
  const tenants = Object.entries(cloud.tenants);
  const hosts = Object.entries(cloud.frameworks ?? {}).map(([name, frameworks]) => ({ name, frameworks }));
  return stringify({
    cloud: 'netweft/v1',
    tenants: tenants.map(([name, gni]) => ({ name, gni })),
    networks: tenants.map(([tenant]) => ({ name: `${tenant}-net`, tenant })),
    subnets: tenants.map(([tenant]) => ({ name: `${tenant}-subnet`, network: `${tenant}-net`, prefix: cloud.prefix })),
    hosts: Object.entries(cloud.hosts).map(([name, underlay]) => ({ name, underlay })),
    guests: cloud.ports.map(({ name, tenant }) => ({ name, tenant })),
    ports: portRecords(cloud.ports),
    lab: { name: cloud.name, mapper: cloud.mapper, hosts },
  });
}
