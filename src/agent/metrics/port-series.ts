/**
 * The series that ports have in metrics.
 *
 *               room among the named
 *   a new port ──────────────────────► named: a series of its own, until it goes
 *        │                               ▲
 *        │ none                          │ a named one went, and it was made before the others
 *        └──────► one of the others ─────┘ begins its series with 0
 *
 * What one of the others does is added to OTHER as it is found, so OTHER only grows: each packet is in
 * one series, whoever goes and whoever gets a series later.
 */
import type { FastPath, PortCounters } from '../../fastpath/fast-path.ts';
import type { OwnedPort } from '../port-set.ts';

/** Ports with series of their own, the ones made first; what the others do is summed. */
export const MAX_PORT_SERIES = 256;
/** The label value under which it is summed; a port of that name has no series of its own. */
export const OTHER = 'other';

const NOTHING: PortCounters = { packetsIn: 0, bytesIn: 0, packetsOut: 0, bytesOut: 0, dropped: 0 };

interface Series {
  readonly port: OwnedPort;
  isNamed: boolean;
  /** What its series, or OTHER, has of it beyond the counters of its present device. */
  carried: PortCounters;
}

export interface PortSeriesOptions {
  readonly fastPath: Pick<FastPath, 'portCounters'>;
  /** Those that there are, in the order in which they were made. */
  ports(): readonly OwnedPort[];
  /** The port that has the index now. */
  byIndex(index: number): OwnedPort | undefined;
}

export class PortSeries {
  readonly #options: PortSeriesOptions;
  /** By index. */
  readonly #series = new Map<number, Series>();
  #named = 0;
  /** Undefined until there was one of the others. */
  #other: PortCounters | undefined;

  constructor(options: PortSeriesOptions) {
    this.#options = options;
  }

  /** The label of each port. */
  labels(): (readonly [label: string, index: number])[] {
    this.#refresh();
    return [...this.#series].map(([index, { port, isNamed }]) => [isNamed ? port.item.name : OTHER, index]);
  }

  /** What each series has reached; none falls while it is there. */
  totals(): (readonly [label: string, totals: PortCounters])[] {
    this.#refresh();
    const totals: (readonly [string, PortCounters])[] = [];
    for (const [index, series] of this.#series) {
      if (series.isNamed) totals.push([series.port.item.name, this.#totalOf(index, series)]);
      else this.#addToOther(index, series);
    }
    if (this.#other !== undefined) totals.push([OTHER, this.#other]);
    return totals;
  }

  /** Has to be called before the fast path forgets what it counted of a port, whose device or itself goes. */
  leaving(index: number): void {
    if (!this.#series.has(index)) this.#refresh();
    const series = this.#series.get(index);
    // One that came and went between two readings: among the named there is no series to say it in.
    if (series === undefined) {
      if (this.#named >= MAX_PORT_SERIES) this.#add(this.#options.fastPath.portCounters(index));
      return;
    }
    if (series.isNamed) series.carried = this.#totalOf(index, series);
    else {
      this.#addToOther(index, series);
      series.carried = NOTHING;
    }
    if (this.#options.byIndex(index) !== series.port) this.#forget(index, series);
  }

  #refresh(): void {
    for (const [index, series] of this.#series) {
      if (this.#options.byIndex(index) !== series.port) this.#forget(index, series);
    }
    for (const port of this.#options.ports()) this.#include(port);
  }

  #include(port: OwnedPort): void {
    const series = this.#series.get(port.index);
    const hasRoom = this.#named < MAX_PORT_SERIES && port.item.name !== OTHER;
    if (series === undefined) {
      this.#series.set(port.index, { port, isNamed: hasRoom, carried: NOTHING });
    } else {
      if (series.isNamed || !hasRoom) return;
      this.#addToOther(port.index, series);
      series.isNamed = true;
    }
    if (hasRoom) this.#named++;
  }

  #forget(index: number, series: Series): void {
    this.#series.delete(index);
    if (series.isNamed) this.#named--;
  }

  #addToOther(index: number, series: Series): void {
    this.#add(this.#totalOf(index, series));
    series.carried = combined(NOTHING, this.#options.fastPath.portCounters(index), -1);
  }

  #add(more: PortCounters): void {
    this.#other = combined(this.#other ?? NOTHING, more, 1);
  }

  #totalOf(index: number, { carried }: Series): PortCounters {
    return combined(carried, this.#options.fastPath.portCounters(index), 1);
  }
}

function combined(one: PortCounters, another: PortCounters, sign: 1 | -1): PortCounters {
  return {
    packetsIn: one.packetsIn + sign * another.packetsIn,
    bytesIn: one.bytesIn + sign * another.bytesIn,
    packetsOut: one.packetsOut + sign * another.packetsOut,
    bytesOut: one.bytesOut + sign * another.bytesOut,
    dropped: one.dropped + sign * another.dropped,
  };
}
