/** What happens to a cloud in a soak. Each event ends when the cloud is, by what its daemons say, as it should be. */
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { RecordsDocument } from '../../src/admin/documents.ts';
import type { Random } from '../../src/base/random.ts';
import { DEVICE, portRecords, type TestPort } from '../kit/netns/test-cloud.ts';
import type { TestLab } from '../kit/netns/test-lab.ts';
import { until } from '../kit/netns/until.ts';

const LIMIT_MS = 20_000;
/** How long a daemon or a port is away at most. */
const AWAY_MS = 4000;
/** Host x keeps its agent, whose growth is then known for all of the time. */
const HOSTS_KILLED = ['y', 'z'] as const;

export class Events {
  readonly #lab: TestLab;
  readonly #random: Random;
  readonly #ports: Map<string, TestPort>;

  constructor(lab: TestLab, random: Random) {
    this.#lab = lab;
    this.#random = random;
    this.#ports = new Map(lab.cloud.ports.map((port) => [port.name, port]));
  }

  /** Does something, and says what it was. */
  async next(): Promise<string> {
    const event = this.#pick([
      () => this.#killAgent(),
      () => this.#killMapper(),
      () => this.#moveGuest(),
      () => this.#moveGuest(),
      () => this.#deleteDevice(),
      () => this.#takePortAway(),
    ]);
    return event();
  }

  async #killAgent(): Promise<string> {
    const host = this.#pick(HOSTS_KILLED);
    await this.#killAndStart(host);
    return `the agent of ${host} was killed and started again`;
  }

  async #killMapper(): Promise<string> {
    await this.#killAndStart('mapper');
    return 'the mapping daemon was killed and started again';
  }

  async #killAndStart(daemon: string): Promise<void> {
    process.kill(this.#lab.pid(daemon), 'SIGKILL');
    await this.#away();
    await this.#weft('lab', 'start', daemon, '--lab', this.#lab.cloud.name);
  }

  async #moveGuest(): Promise<string> {
    const port = this.#pick([...this.#ports.values()]);
    const host = this.#pick(Object.keys(this.#lab.cloud.hosts).filter((name) => name !== port.host));
    this.#ports.set(port.name, { ...port, host });
    await this.#apply(port.name);
    return `guest ${port.name} moved from ${port.host} to ${host}`;
  }

  async #deleteDevice(): Promise<string> {
    const { name, namespace } = this.#pick([...this.#ports.values()]);
    await this.#lab.ip(namespace, 'link', 'delete', DEVICE);
    await until(`${name} has a device`, LIMIT_MS, async () => (await this.#lab.ip(namespace, 'link')).includes(DEVICE));
    return `the device of guest ${name} was deleted`;
  }

  async #takePortAway(): Promise<string> {
    const { name, namespace } = this.#pick([...this.#ports.values()]);
    await this.#weft('delete', 'port', name);
    await until('its device is gone', LIMIT_MS, async () => !(await this.#lab.ip(namespace, 'link')).includes(DEVICE));
    await this.#away();
    await this.#apply(name);
    return `port ${name} was deleted and applied again`;
  }

  /** As its port is in `#ports`, until it is up. */
  async #apply(name: string): Promise<void> {
    const port = this.#ports.get(name);
    if (port === undefined) throw new Error(`the cloud has no port ${name}`);
    const text = stringify({ cloud: 'netweft/v1', ports: portRecords([port]) });
    await this.#weft('apply', '-f', this.#lab.write('port.yaml', text));
    await until(`port ${name} is up on ${port.host}`, LIMIT_MS, async () => {
      const path = `/v1/records/port/${name}`;
      const { records } = await this.#lab.read<RecordsDocument>('mapper', 'netweft.records/v1', path);
      return records[0]?.state === 'up';
    });
  }

  async #weft(...words: string[]): Promise<void> {
    const { status, err } = await this.#lab.weft(...words);
    if (status !== 0) throw new Error(`weft ${words.join(' ')}: ${err}`);
  }

  /** The absence itself is what the others have to live with. */
  async #away(): Promise<void> {
    await sleep(this.#random.next() * AWAY_MS);
  }

  #pick<T>(choices: readonly T[]): T {
    const choice = choices[Math.floor(this.#random.next() * choices.length)];
    if (choice === undefined) throw new Error('there is nothing to pick from');
    return choice;
  }
}
