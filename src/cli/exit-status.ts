/** The statuses that every command ends with; scripts rely on them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  undecided: 4,
  notFound: 5,
} as const;

/** By name of `EXIT`. */
export type ExitMeanings = { readonly [N in keyof typeof EXIT]?: string };

/** What each means: for `weft --help`, for the pages of the manual and for `docs/cli.md`. */
export const EXIT_MEANINGS: Required<ExitMeanings> = {
  ok: 'done; for `explain`: delivered, sent, or answered to the sender',
  failed:
    'failed, refused, or a daemon that could not start; for `explain`: dropped (the reason is on standard output)',
  usage: 'the command line is wrong; nothing was asked of a daemon',
  unreachable: 'no daemon answers on the socket',
  undecided: 'only `explain`: undecided, the packet would wait until the mapping daemon has answered',
  notFound: 'there is no such record, port or file',
};
