import type { MetricsRegistry } from '../../metrics/registry.ts';
import type { Agent } from '../agent.ts';
import { MAX_MAPPINGS } from '../state/mapping-table.ts';

/** What the agent asks the mapping daemon and what it knows from it. */
export function addControlMetrics(registry: MetricsRegistry, agent: Agent): void {
  const { session, lookups, state, traces, options } = agent;
  const counter = (name: string, help: string, read: () => number) =>
    registry.counter({ name: `netweft_agent_${name}`, help }, read);
  const gauge = (name: string, help: string, read: () => number | undefined) =>
    registry.gauge({ name: `netweft_agent_${name}`, help }, read);

  gauge('registered', '1 while the mapping daemon has this host and is heard.', () => {
    return session.state === 'ready' && !session.isSilent ? 1 : 0;
  });
  gauge('mapper_silence_seconds', 'Since the mapping daemon was heard last; absent before that.', () => {
    return session.lastHeard && (options.clock.now() - session.lastHeard) / 1000;
  });
  counter('registrations_total', 'Registrations that were accepted.', () => session.counters.registrations);
  counter('registrations_refused_total', 'Registrations that were refused.', () => session.counters.refusals);
  counter('control_datagrams_total', 'Datagrams of the mapping daemon.', () => session.counters.datagramsIn);
  registry.counter(
    {
      name: 'netweft_agent_bad_datagrams_total',
      help: 'Control datagrams that do not decode, are of strangers, or of a session that is over.',
      labels: ['why'],
    },
    () => [
      [{ why: 'undecodable' }, session.counters.badDatagrams],
      [{ why: 'stranger' }, session.counters.strangers],
      [{ why: 'other-session' }, session.counters.otherSession],
    ],
  );
  counter('control_retransmissions_total', 'Requests that were sent again.', () => session.requests.retransmitted);
  counter('lookups_asked_total', 'Mappings asked for.', () => lookups.counters.asked);
  counter('lookups_answered_total', 'Mappings asked for and answered.', () => lookups.counters.answered);
  counter('lookups_overflowed_total', 'Mappings not asked for, because too many waited.', () => {
    return lookups.counters.overflowed;
  });
  gauge('mappings', 'Mappings known.', () => state.mappings.size);
  gauge('mappings_limit', 'How many may be known before one makes room for another.', () => MAX_MAPPINGS);
  counter('mappings_evicted_total', 'Mappings that made room for others.', () => state.mappings.evicted);
  counter('mappings_stale_total', 'Mappings that came too late: a newer one was known.', () => state.mappings.stale);
  gauge('agreements', 'Agreements known, of both directions.', () => state.agreements.size);
  gauge('peers', 'Other hosts known.', () => state.peers.endpoints().length);
  gauge('traces', 'Flows that are traced (`weft trace`).', () => traces.size);
  counter('traces_refused_total', 'Traces that were not begun, because too many were.', () => traces.counters.refused);
  counter('trace_reports_total', 'Packets of traces that were told.', () => traces.reports.counters.reported);
  counter('trace_reports_left_out_total', 'Packets of traces that could not be told.', () => {
    return traces.reports.counters.leftOut;
  });
}
