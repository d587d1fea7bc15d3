import pc from 'picocolors';
import type { ExplainDocument, ExplainRequest, ExplainStage, Outcome } from '../admin/documents.ts';
import { describePacket } from '../packet/describe.ts';
import { PacketView } from '../packet/packet-view.ts';
import { formatSpan } from './amounts.ts';
import type { Cli } from './cli.ts';
import { formatFacts, formatTable, type Paint } from './table.ts';

const OUTCOME_TEXT: { readonly [O in Outcome]: string } = {
  deliver: 'delivered to port',
  send: 'sent to host',
  reply: 'answered to',
  hold: 'held until the mapping daemon has answered',
  drop: 'dropped:',
};

/** A packet that is explained does not make the agent ask the mapping daemon, so waiting alone changes nothing. */
const HOLD_MEANING = 'nothing was asked: send one such packet and explain again';

/** The packet, when it was `captured` if it was, the stages that it passed, and what came of it and why; for `cli`. */
export function explainText(
  request: ExplainRequest,
  answer: ExplainDocument,
  { hasColour, columns }: Pick<Cli, 'hasColour' | 'columns'>,
  captured?: string,
): string {
  const colours = pc.createColors(hasColour);
  const paint = answer.outcome === 'drop' ? colours.red : answer.outcome === 'hold' ? colours.yellow : colours.green;
  return [
    formatFacts(
      [
        ['packet', packetText(request.packet)],
        ['from', request.port === undefined ? `underlay ${request.from}` : `port ${request.port}`],
        ...(captured === undefined ? [] : [['captured', captured] as const]),
      ],
      columns,
    ),
    stagesTable(answer.stages, columns),
    outcomeFacts(answer, paint, columns),
  ].join('\n');
}

export function stagesTable(stages: readonly ExplainStage[], columns?: number): string {
  const rows = stages.map((stage) => [stage.stage, stage.verdict, stage.detail]);
  return formatTable(['STAGE', 'VERDICT', 'WHAT IT SAW'], rows, undefined, columns);
}

/** `sent to host y`, `dropped: no-such-guest`. */
export function outcomeText(what: { outcome: Outcome; to?: string | undefined; reason?: string | undefined }): string {
  return [OUTCOME_TEXT[what.outcome], what.to, what.reason].filter((word) => word !== undefined).join(' ');
}

function outcomeFacts(answer: ExplainDocument, paint: Paint, columns: number | undefined): string {
  const { agreement } = answer;
  const [first = '', ...rest] = formatFacts(
    [
      ['outcome', outcomeText(answer)],
      ['meaning', answer.outcome === 'hold' ? HOLD_MEANING : answer.meaning],
      [
        'agreement',
        agreement && `${agreement.id}: ${agreement.framework}, ${agreement.sender} to ${agreement.receiver}`,
      ],
      ['repeated', repeatedText(answer)],
      ['depends on', answer.reads.join(', ') || undefined],
    ],
    columns,
  ).split('\n');
  return [paint(first), ...rest].join('\n');
}

function repeatedText(answer: ExplainDocument): string {
  if (!answer.cacheable) return 'no, every such packet is decided anew';
  return answer.validForMs === undefined
    ? 'for the whole flow'
    : `for the whole flow, for ${formatSpan(answer.validForMs)}`;
}

function packetText(hex: string): string {
  const view = new PacketView();
  const fault = view.parse(Buffer.from(hex, 'hex'));
  return fault === undefined ? describePacket(view) : `${hex.length / 2} bytes that do not parse: ${fault}`;
}
