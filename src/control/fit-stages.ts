import { MAX_TRACE_STAGES, MAX_TRACE_TEXT, type TraceStage } from './trace-messages.ts';

/** What a detail that was cut ends in. */
const CUT = '...';

/** The stages as a report may hold them: the longest details are cut until all of them fit. */
export function fitStages(stages: readonly TraceStage[]): TraceStage[] {
  const kept = stages.slice(0, MAX_TRACE_STAGES).map((stage) => {
    return { ...stage, detail: stage.detail.replace(/[^ -~]/g, '?') };
  });
  const room = kept.reduce((left, { name }) => left - name.length, MAX_TRACE_TEXT);
  const most = longestAllowed(
    kept.map(({ detail }) => detail.length),
    room,
  );
  return kept.map((stage) => ({ ...stage, detail: cut(stage.detail, most) }));
}

/** The greatest length that all may have so that together they have `room`: the short ones leave theirs to the long. */
function longestAllowed(lengths: readonly number[], room: number): number {
  let left = room;
  let waiting = lengths.length;
  for (const length of lengths.toSorted((a, b) => a - b)) {
    const share = Math.floor(left / waiting);
    if (length > share) return share;
    left -= length;
    waiting--;
  }
  return room;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, Math.max(0, most - CUT.length)) + CUT;
}
