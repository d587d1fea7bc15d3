import type { ReportMachine } from './report-machine.ts';

/** One file of a report. */
export interface ReportItem {
  /** Name in the report: `.json` for a document, `.txt` for text. */
  readonly file: string;
  /** What is read, for people. */
  readonly asked: string;
  /** A text or a JSON value. */
  read(): Promise<unknown>;
}

/** What came of an item: content, or why there is none. */
export interface CollectedItem {
  readonly file: string;
  readonly asked: string;
  readonly tookMs: number;
  readonly content?: unknown;
  readonly failure?: string;
}

/** Reads items one after the other and keeps what came of each; none is fatal. */
export class ReportCollector {
  readonly #machine: Pick<ReportMachine, 'elapsed'>;
  readonly #items: CollectedItem[] = [];

  constructor(machine: Pick<ReportMachine, 'elapsed'>) {
    this.#machine = machine;
  }

  get items(): readonly CollectedItem[] {
    return this.#items;
  }

  /** The content, or undefined where there is none. */
  async take(item: ReportItem): Promise<unknown> {
    const { file, asked } = item;
    const start = this.#machine.elapsed();
    const result = await item.read().then(
      (content) => ({ content }),
      (error: unknown) => ({ failure: error instanceof Error ? error.message : String(error) }),
    );
    this.#items.push({ file, asked, tookMs: Math.round(this.#machine.elapsed() - start), ...result });
    return 'content' in result ? result.content : undefined;
  }
}
