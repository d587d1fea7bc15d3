/** What differs from run to run, and what stands for it where two outputs are compared. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'],
  [/\b[0-9a-f]{16}:\d+\b/g, 'GENERATION'],
  [/\b[0-9a-f]{16}\b/g, 'RANDOM'],
  [/= [\d.]+\/[\d.]+\/[\d.]+\/[\d.]+ ms/g, '= TIMES'],
  [/\b\d+(\.\d+)? ?(ms|s|µs)\b( (later|earlier))?/g, 'SPAN'],
  [/\bid[ =](\d+|0x[0-9a-f]{4})\b/g, 'id ID'],
  [/\bsession[ =]\d+/g, 'session'],
  [/\brevision \d+/g, 'revision'],
  [/\bagreement([ =:]+)\d+/gi, 'agreement$1N'],
  [/\bagreement +\d+: /g, 'agreement N: '],
  [/\b\d+ (udp(?:-pb)?\/\d)/g, 'N $1'],
  [/^(netweft_\S+) [\d.e+-]+$/gm, '$1 VALUE'],
  [/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, 'MAC'],
  [/^ +\d+ +\d+\.\d+(?= )/gm, 'TIME'],
  [/\((request|reply) in \d+\)/g, '($1)'],
  // Which side of a capture tells a packet first differs by microseconds.
  [/^(Frame )?\d+(:|\tnetweft:)/gm, '$1N$2'],
  // How often a packet was sent until something else had happened.
  [/^ +\d+(?= {2}[a-z-]+ {2})/gm, 'N'],
  [/\b\d+ +SPAN/g, 'N SPAN'],
  [/\b\d+ further flows/g, 'N further flows'],
  // What came between the last packet that was wanted and the end of the trace.
  [/; host \w+ saw \d+ of the flow in the meantime/g, ''],
  // Columns are as wide as what is in them.
  [/[ \t]+/g, ' '],
  [/ $/gm, ''],
];

/** Equal for two outputs of one command that say the same. */
export function comparable(output: string): string {
  return VARYING.reduce((text, [pattern, word]) => text.replace(pattern, word), output);
}
