import { type Endpoint, parseAddress } from '../../../src/base/ipv4.ts';
import { decodeMessage, encodeMessage } from '../../../src/control/codec.ts';
import type { Answer, Item, MappingItem, Message, PortState, Request } from '../../../src/control/messages.ts';
import { PushReceiver } from '../../../src/control/push-receiver.ts';
import { plainSessionLayer } from '../../../src/control/session-layer.ts';
import type { Mapper } from '../../../src/mapper/mapper.ts';
import { settle } from './manual-clock.ts';

const layer = plainSessionLayer();

/** One host's agent as the mapping daemon sees it: it asks what a test tells it to, and takes pushes. */
export class FakeAgent {
  frameworks: readonly string[] = ['udp/2.0', 'udp/1.0'];
  boot: string;
  version = '0.1.0';
  session = 0;
  /** Off: pushes are neither taken nor acknowledged. */
  takesPushes = true;
  /** Items that were pushed, in order. */
  pushed: Item[] = [];
  readonly answers = new Map<number, Answer>();
  /** Datagrams that arrived. */
  received = 0;
  nextId = 1;
  #pushes = new PushReceiver();
  readonly #mapper: () => Mapper;
  readonly host: string;
  endpoint: Endpoint;

  constructor(mapper: () => Mapper, host: string, endpoint: Endpoint) {
    this.#mapper = mapper;
    this.host = host;
    this.endpoint = endpoint;
    this.boot = Buffer.from(host.padEnd(8, '0').slice(0, 8)).toString('hex');
  }

  async register(): Promise<Answer | undefined> {
    const { host, boot, version, frameworks } = this;
    return this.ask({ kind: 'register', host, boot, agentVersion: version, frameworks }, 0);
  }

  /** Sends a request and lets everything happen that needs no time. */
  async ask(body: Request, session = this.session, id = this.nextId++): Promise<Answer | undefined> {
    this.send({ id, session, body });
    await settle();
    return this.answers.get(id);
  }

  /** Everything that the host must know, or what is behind a cursor. */
  async sync(after = ''): Promise<Item[]> {
    const items: Item[] = [];
    let cursor = after;
    do {
      const page = await this.ask({ kind: 'sync', cursor });
      if (page?.kind !== 'sync-page') throw new Error(`no page but ${page?.kind}`);
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== '');
    return items;
  }

  async report(name: string, revision: number, state: PortState): Promise<Answer | undefined> {
    return this.ask({ kind: 'report', ports: [{ name, revision, state }] });
  }

  /** Registers, reads everything, and brings up its ports. */
  async start(): Promise<void> {
    await this.register();
    for (const item of await this.sync()) if (item.kind === 'port') await this.report(item.name, item.revision, 'up');
  }

  async lookup(gni: number, ...addresses: string[]): Promise<readonly Item[] | undefined> {
    const keys = addresses.map((address) => ({ gni, address: parseAddress(address) ?? 0 }));
    const answer = await this.ask({ kind: 'lookup', keys });
    return answer?.kind === 'lookup-answer' ? answer.items : undefined;
  }

  /** The mapping of one address; `undefined` when the answer has none, or has not come. */
  async mapping(gni: number, address: string): Promise<MappingItem | undefined> {
    return (await this.lookup(gni, address))?.find((item) => item.kind === 'mapping');
  }

  /** Takes what was pushed since the last call. */
  takePushed(): Item[] {
    return this.pushed.splice(0);
  }

  send(message: Message): void {
    this.#mapper().receive(this.endpoint, layer.seal(encodeMessage(message), this.endpoint));
  }

  receive(datagram: Uint8Array): void {
    this.received++;
    const message = decodeMessage(layer.open(datagram, this.endpoint) ?? new Uint8Array());
    const { body, id, session } = message;
    if (body.kind !== 'push') {
      this.answers.set(id, body as Answer);
      if (body.kind === 'registered') this.#begin(body.session);
      return;
    }
    if (!this.takesPushes || session !== this.session) return;
    const { items, acknowledge } = this.#pushes.receive(body);
    this.pushed.push(...items);
    this.send({ id: 0, session, body: { kind: 'push-ack', sequence: acknowledge } });
  }

  #begin(session: number): void {
    if (session !== this.session) this.#pushes = new PushReceiver();
    this.session = session;
  }
}
