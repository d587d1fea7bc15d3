/** `weft bugreport --json`: what was written. */
export interface BugreportDocument {
  readonly schema: 'netweft.bugreport/v1';
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly version: string;
  /** Where it was written to. */
  readonly file: string;
  /** Bytes of that file. */
  readonly bytes: number;
  /** Whether names and addresses are others in it. */
  readonly redactedAddresses: boolean;
  readonly items: readonly BugreportItem[];
}

export interface BugreportItem {
  /** Name of the file in the report. */
  readonly name: string;
  readonly asked: string;
  readonly tookMs: number;
  /** Of the file in the report; 0 where there is none. */
  readonly bytes: number;
  /** Why it is missing. */
  readonly failure?: string;
  /** It was longer, and its end is left out. */
  readonly cut?: true;
}
