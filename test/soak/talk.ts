import type { LineProcess } from '../kit/netns/line-process.ts';
import type { TestLab } from '../kit/netns/test-lab.ts';
import { until } from '../kit/netns/until.ts';

const PORT = '5600';
/** Numbered datagrams that each guest sends to each of its peers. */
const PER_SECOND = '20';

interface Peer {
  readonly sent: number;
  readonly heard: number;
  readonly last: number;
  readonly streams: number;
}

interface Report {
  readonly foreign: readonly string[];
  readonly peers: Readonly<Record<string, Peer>>;
}

/** What all guests together have sent and heard. */
export interface TalkSum {
  readonly foreign: readonly string[];
  readonly sent: number;
  readonly heard: number;
  readonly streams: number;
}

/** Every guest of a lab talks to every other guest of its tenant, all the time. */
export class Talk {
  readonly #talkers = new Map<string, LineProcess>();

  static async start(lab: TestLab): Promise<Talk> {
    const talk = new Talk();
    for (const { name, tenant, namespace } of lab.cloud.ports) {
      const others = lab.cloud.ports.filter((port) => port.tenant === tenant && port.name !== name);
      const addresses = others.map((port) => port.addresses[0] ?? '');
      const talker = lab.start(namespace, 'talker.mjs', tenant, PORT, PER_SECOND, ...addresses);
      talk.#talkers.set(name, talker);
      await talker.next();
    }
    return talk;
  }

  /** Until each guest has heard an answer from each of its peers to something that it asks from now on. */
  async untilAllHeard(limitMs: number): Promise<void> {
    const before = await this.#reports();
    let missing: string[] = [];
    try {
      await until('every guest hears each of its peers', limitMs, async () => {
        missing = missingAnswers(before, await this.#reports());
        return missing.length === 0;
      });
    } catch (error) {
      throw new Error(`not heard: ${missing.join(', ')}`, { cause: error });
    }
  }

  async sum(): Promise<TalkSum> {
    const reports = [...(await this.#reports()).values()];
    const peers = reports.flatMap((report) => Object.values(report.peers));
    const total = (field: 'sent' | 'heard' | 'streams') => peers.reduce((sum, peer) => sum + peer[field], 0);
    return {
      foreign: reports.flatMap((report) => report.foreign),
      sent: total('sent'),
      heard: total('heard'),
      streams: total('streams'),
    };
  }

  async #reports(): Promise<Map<string, Report>> {
    const reports = [...this.#talkers].map(async ([name, talker]): Promise<[string, Report]> => {
      return [name, await talker.ask<Report>('report')];
    });
    return new Map(await Promise.all(reports));
  }
}

function missingAnswers(before: ReadonlyMap<string, Report>, now: ReadonlyMap<string, Report>): string[] {
  return [...now].flatMap(([name, { peers }]) => {
    const late = Object.entries(peers).filter(([address, { last }]) => {
      return last < (before.get(name)?.peers[address]?.sent ?? 0);
    });
    return late.map(([address]) => `${name} from ${address}`);
  });
}
