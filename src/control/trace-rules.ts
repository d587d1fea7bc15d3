import { MAX_COUNTER } from './messages.ts';
import { MAX_UINT32, NAME, type Rules } from './rules.ts';
import {
  MAX_AGAIN_LENGTH,
  MAX_RECORD_NAME,
  MAX_SAMPLE_BITS,
  MAX_TRACE_STAGES,
  MAX_TRACE_TEXT,
  MAX_TRACE_UNTOLD_MS,
  MAX_TRACE_VALID_MS,
  TRACE_VERDICTS,
  type TraceItem,
  type TraceReport,
  type TraceStage,
  type TraceState,
} from './trace-messages.ts';

const DIGEST = /^[0-9a-f]{16}$/;
const STAGE = /^[a-z][a-z0-9-]{0,23}$/;
const REASON = /^([a-z][a-z0-9-]{0,31})?$/;
/** A name, or an endpoint. */
const MAX_ORIGIN_LENGTH = 63;

export function checkTrace(rules: Rules, item: TraceItem): void {
  rules.integer('trace', item.id, 1, MAX_UINT32);
  rules.key({ gni: item.gni, address: item.source });
  rules.key({ gni: item.gni, address: item.destination });
  if (item.port !== undefined) rules.text('port', item.port, NAME);
  if (item.protocol !== undefined) rules.integer('protocol', item.protocol, 0, 255);
  if (item.sourcePort !== undefined) rules.integer('source port', item.sourcePort, 0, 65535);
  if (item.destinationPort !== undefined) rules.integer('destination port', item.destinationPort, 0, 65535);
  rules.integer('validity', item.validMs, 1, MAX_TRACE_VALID_MS);
}

export function checkTraceReport(rules: Rules, report: TraceReport): void {
  rules.integer('trace', report.trace, 1, MAX_UINT32);
  rules.text('digest', report.digest, DIGEST);
  rules.integer('time', report.timeUs, 0, MAX_COUNTER);
  rules.integer('packets seen', report.seen, 1, MAX_COUNTER);
  rules.integer('sample bits', report.sampleBits, 0, MAX_SAMPLE_BITS);
  rules.printable('origin', report.origin, MAX_ORIGIN_LENGTH);
  rules.require(TRACE_VERDICTS.includes(report.verdict) && report.verdict !== 'pass', 'unknown verdict');
  rules.printable('target', report.to, MAX_ORIGIN_LENGTH);
  rules.text('reason', report.reason, REASON);
  rules.require((report.verdict === 'drop') === (report.reason !== ''), 'a reason without a drop, or the reverse');
  rules.printable('record', report.record, MAX_RECORD_NAME);
  rules.integer('revision of the record', report.recordRevision, 0, MAX_COUNTER);
  rules.printable('what deciding again gives', report.again, MAX_AGAIN_LENGTH);
  checkStages(rules, report.stages);
}

export function checkTraceState(rules: Rules, state: TraceState): void {
  const { trace, isRefused, untoldMs, leftOut, sampleBits } = state;
  rules.integer('trace', trace, 1, MAX_UINT32);
  rules.integer('time untold', untoldMs, 0, MAX_TRACE_UNTOLD_MS);
  rules.integer('packets left out', leftOut, 0, MAX_COUNTER);
  rules.integer('sample bits', sampleBits, 0, MAX_SAMPLE_BITS);
  rules.require(!isRefused || untoldMs + leftOut + sampleBits === 0, 'a trace that is refused and watched');
}

function checkStages(rules: Rules, stages: readonly TraceStage[]): void {
  rules.count('stages', stages, 1, MAX_TRACE_STAGES);
  const characters = stages.reduce((sum, { name, detail }) => sum + name.length + detail.length, 0);
  rules.require(characters <= MAX_TRACE_TEXT, `stages of more than ${MAX_TRACE_TEXT} characters`);
  for (const { name, verdict, detail } of stages) {
    rules.text('stage', name, STAGE);
    rules.require(TRACE_VERDICTS.includes(verdict), 'unknown verdict of a stage');
    rules.printable('detail', detail, MAX_TRACE_TEXT);
  }
}
