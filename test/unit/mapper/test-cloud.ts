import { readFileSync } from 'node:fs';
import { silentLogger } from '../../../src/base/log.ts';
import { formatEndpoint, parseEndpoint } from '../../../src/base/ipv4.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { plainSessionLayer } from '../../../src/control/session-layer.ts';
import { EventJournal } from '../../../src/events/event-journal.ts';
import { journalLogger } from '../../../src/events/journal-logger.ts';
import { Mapper } from '../../../src/mapper/mapper.ts';
import { parseCloudFile } from '../../../src/model/cloud-file.ts';
import type { CloudRecord, Kind } from '../../../src/model/records.ts';
import { openMemoryStore } from '../../../src/store/memory-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { FakeAgent } from './fake-agent.ts';
import { ManualClock, settle } from './manual-clock.ts';

const EXAMPLE = new URL('../../../examples/two-tenants.yaml', import.meta.url);

/** Tenants a (GNI 1001) and b (GNI 2002) with guests .30, .50 and .70 on hosts x, y and z. */
export const TWO_TENANTS: readonly CloudRecord[] = parseCloudFile(readFileSync(EXAMPLE, 'utf8'), 'example').records;

/** The record of the example with some fields changed. */
export function changed(kind: Kind, name: string, fields: object): CloudRecord {
  const record = TWO_TENANTS.find((each) => each.kind === kind && each.spec.name === name);
  return { kind, spec: { ...record?.spec, ...fields } } as CloudRecord;
}

export interface LogLine {
  readonly event: string;
  readonly fields: object;
}

/** A mapping daemon on a store in memory, with agents that it reaches without any network. */
export class TestCloud {
  readonly clock = new ManualClock();
  readonly journal = new EventJournal({ clock: this.clock, daemon: 'mapper' });
  /** Durations that the daemon measured, in seconds. */
  readonly measured: { readonly push: number[]; readonly converged: number[] } = { push: [], converged: [] };
  readonly store: Store;
  readonly warnings: LogLine[] = [];
  mapper!: Mapper;
  readonly #agents = new Map<string, FakeAgent>();

  private constructor(store: Store) {
    this.store = store;
  }

  /** With the records applied, and no agent registered. */
  static async open(records: readonly CloudRecord[] = TWO_TENANTS, store = openMemoryStore()): Promise<TestCloud> {
    const cloud = new TestCloud(store);
    await cloud.restart();
    if (records.length > 0) await cloud.mapper.apply(records);
    return cloud;
  }

  /** As after a crash: another daemon on the same store. */
  async restart(): Promise<void> {
    this.mapper?.stop();
    const log = {
      ...silentLogger,
      warn: (event: string, fields: object = {}) => this.warnings.push({ event, fields }),
    };
    this.mapper = new Mapper({
      store: this.store,
      clock: this.clock,
      random: seededRandom(7),
      layer: plainSessionLayer(),
      send: (to, datagram) => this.#agents.get(formatEndpoint(to))?.receive(datagram),
      log: journalLogger(log, this.journal),
      observe: {
        push: (seconds) => this.measured.push.push(seconds),
        converged: (seconds) => this.measured.converged.push(seconds),
      },
    });
    await this.mapper.start();
    await settle();
  }

  /** An agent at `endpoint`, from where it is reached. */
  agent(host: string, endpoint: string): FakeAgent {
    const parsed = parseEndpoint(endpoint, 7790);
    if (parsed === undefined) throw new Error(`no endpoint: ${endpoint}`);
    const agent = new FakeAgent(() => this.mapper, host, parsed);
    this.#agents.set(formatEndpoint(parsed), agent);
    return agent;
  }

  /** The agents of x, y and z, registered and with their ports up. */
  async started(): Promise<{ x: FakeAgent; y: FakeAgent; z: FakeAgent }> {
    const agents = {
      x: this.agent('x', '198.18.0.11'),
      y: this.agent('y', '198.18.0.12'),
      z: this.agent('z', '198.18.0.13'),
    };
    for (const agent of Object.values(agents)) await agent.start();
    return agents;
  }

  counter(name: string): number {
    return this.mapper.status().counters?.[name] ?? Number.NaN;
  }
}
