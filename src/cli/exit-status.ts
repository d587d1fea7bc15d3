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

/** What they mean to every command. */
export const COMMON_EXITS: ExitMeanings = {
  ok: 'done',
  failed: 'failed, refused, or a daemon that could not start',
  usage: 'the command line is wrong; nothing was asked of a daemon',
  unreachable: 'no daemon answers on the socket',
  notFound: 'there is no such record, port or file',
};

/** What they mean to `weft explain`: what became of the packet. */
export const EXPLAIN_EXITS: ExitMeanings = {
  ok: 'delivered, sent, or answered to the sender',
  failed: 'dropped (the reason is on standard output)',
  undecided: 'undecided, the packet would wait until the mapping daemon has answered',
};

/** What they mean to `weft trace`: what became of the packets that were seen. */
export const TRACE_EXITS: ExitMeanings = {
  ok: 'all delivered',
  failed: 'one was not delivered',
  undecided: 'none was seen, or of some it is not known',
};

/** The whole list: for `weft --help`, weft(1) and `docs/cli.md`. */
export const ALL_EXITS: ExitMeanings = Object.fromEntries(
  (Object.keys(EXIT) as readonly (keyof typeof EXIT)[]).map((name) => {
    const explained = EXPLAIN_EXITS[name] && `for \`explain\`: ${EXPLAIN_EXITS[name]}`;
    const traced = TRACE_EXITS[name] && `for \`trace\`: ${TRACE_EXITS[name]}`;
    return [name, [COMMON_EXITS[name], explained, traced].filter(Boolean).join('; ')];
  }),
);
