import type { LineProcess } from './line-process.ts';
import type { TestLab } from './test-lab.ts';
import { until } from './until.ts';

export const ECHO_PORT = '5500';
/** How long the last datagrams may be on their way, ms. */
const DRAIN_MS = 3000;

/** A datagram that came back: its number and when, in milliseconds since 1970. */
export type Echo = readonly [number: number, at: number];

export interface Probed {
  readonly sent: number;
  /** In the order in which they came back. */
  readonly echoes: readonly Echo[];
}

/** Makes a guest answer to probes. */
export async function answerProbes(lab: TestLab, guest: string): Promise<void> {
  await lab.start(lab.port(guest).namespace, 'echo.mjs', ECHO_PORT).next();
}

/** Numbered datagrams at a steady rate from one guest to another, on one flow, until it is stopped. */
export class Probe {
  readonly echoes: Echo[] = [];
  readonly #program: LineProcess;
  #sent = 0;

  constructor(lab: TestLab, from: string, to: string, perSecond: number) {
    const address = lab.port(to).addresses[0] ?? '';
    this.#program = lab.start(lab.port(from).namespace, 'prober.mjs', address, ECHO_PORT, String(perSecond));
  }

  /** How many datagrams were sent when it was last asked. */
  get sent(): number {
    return this.#sent;
  }

  /** Reads what came back meanwhile. */
  async update(): Promise<void> {
    await this.#take('report');
  }

  /** Until something comes back that was sent from now on; returns when it came, milliseconds since 1970. */
  async untilAnswered(limitMs: number): Promise<number> {
    await this.update();
    const next = this.#sent;
    const [, at] = await until('a probe comes back', limitMs, async () => {
      await this.update();
      return this.echoes.find(([number]) => number >= next);
    });
    return at;
  }

  /** Sends no more, and waits for what is on its way. */
  async stop(): Promise<Probed> {
    await this.#take('pause');
    const end = performance.now() + DRAIN_MS;
    while (new Set(this.echoes.map(([number]) => number)).size < this.#sent && performance.now() < end) {
      await this.update();
    }
    await this.#program.stop();
    return { sent: this.#sent, echoes: this.echoes };
  }

  async #take(word: 'report' | 'pause'): Promise<void> {
    const { sent, echoes } = await this.#program.ask<Probed>(word);
    this.#sent = sent;
    this.echoes.push(...echoes);
  }
}

/** The numbers from `first` on that never came back. */
export function lostNumbers({ sent, echoes }: Probed, first: number): number[] {
  const seen = new Set(echoes.map(([number]) => number));
  return Array.from({ length: sent }, (_, number) => number).filter((number) => number >= first && !seen.has(number));
}

/** The longest time between two echoes, ms. */
export function longestSilence(echoes: readonly Echo[]): number {
  const times = echoes.map(([, at]) => at).toSorted((a, b) => a - b);
  return Math.max(0, ...times.slice(1).map((at, index) => at - (times[index] ?? at)));
}
