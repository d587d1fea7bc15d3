/**
 * What can happen to a daemon: the closed list. Logs and the journal carry the same names with the
 * same fields. A field whose name ends in `?` is absent where there is nothing to say.
 */

export interface EventDefinition {
  readonly daemons: 'agent' | 'mapper' | 'both';
  readonly meaning: string;
  readonly fields: readonly string[];
}

export const EVENTS = {
  started: {
    daemons: 'both',
    meaning: 'the daemon is at work',
    fields: ['version', 'underlay?', 'mapper?', 'listen?', 'database?', 'socket?', 'metrics?'],
  },
  stopping: { daemons: 'both', meaning: 'the daemon was told to stop', fields: ['signal'] },
  reloaded: { daemons: 'both', meaning: 'the daemon took its configuration anew', fields: ['file', 'changed'] },
  'reload-refused': {
    daemons: 'both',
    meaning: 'a new configuration was refused; the one before stands',
    fields: ['error', 'hint?'],
  },

  registered: {
    daemons: 'agent',
    meaning: 'the mapping daemon took this host in; its session begins',
    fields: ['session', 'incarnation'],
  },
  'registration-refused': {
    daemons: 'agent',
    meaning: 'the mapping daemon does not take this host in; it asks on, and each reason is told once',
    fields: ['code', 'reason'],
  },
  'session-lost': {
    daemons: 'agent',
    meaning: 'the mapping daemon does not know this session any more; the host registers anew',
    fields: ['session'],
  },
  'new-incarnation': {
    daemons: 'agent',
    meaning: 'the store is another, or a copy that was put back: revisions count anew',
    fields: ['incarnation', 'before'],
  },
  resync: {
    daemons: 'agent',
    meaning: 'everything that this host must know was read anew, and what was not named is gone',
    fields: ['items'],
  },
  'mapper-silent': {
    daemons: 'agent',
    meaning: 'heartbeats go unanswered; traffic goes on with what is known',
    fields: ['silentMs'],
  },
  'mapper-back': { daemons: 'agent', meaning: 'the mapping daemon is heard again', fields: ['silentMs'] },
  'port-up': { daemons: 'agent', meaning: 'the device is made and takes part', fields: ['port', 'device', 'index'] },
  'port-lost': {
    daemons: 'agent',
    meaning: 'the device was taken away; it will be made anew',
    fields: ['port', 'device', 'cause'],
  },
  'port-trouble': {
    daemons: 'agent',
    meaning: 'the device could not be made; it is tried again',
    fields: ['port', 'device', 'error', 'hint?'],
  },
  'port-removed': { daemons: 'agent', meaning: 'the port is not of this host any more', fields: ['port'] },
  'peer-known': {
    daemons: 'agent',
    meaning: 'where another host receives is known, or is another place now',
    fields: ['peer', 'endpoint'],
  },
  'peer-gone': { daemons: 'agent', meaning: 'the other host is forgotten', fields: ['peer'] },
  'agreement-installed': {
    daemons: 'agent',
    meaning: 'from now on packets between the two may come under this agreement',
    fields: ['agreement', 'sender', 'receiver', 'framework'],
  },
  'agreement-gone': {
    daemons: 'both',
    meaning: 'the agreement is withdrawn',
    fields: ['agreement', 'sender', 'receiver', 'framework'],
  },
  alarm: {
    daemons: 'agent',
    meaning: 'a host, or a stranger, sent what it must not send: the first such packet in a minute',
    fields: ['reason', 'from', 'peer?'],
  },
  'alarms-suppressed': {
    daemons: 'agent',
    meaning: 'a minute ended in which more senders sent such packets than alarms name',
    fields: ['reason', 'senders', 'suppressed'],
  },
  'redirects-accepted': {
    daemons: 'agent',
    meaning: 'the kernel believes ICMP redirects, with which anybody on the underlay can divert what this host sends',
    fields: ['device', 'hint'],
  },

  'host-up': {
    daemons: 'mapper',
    meaning: 'a host registered',
    fields: ['host', 'boot', 'from', 'agentVersion', 'frameworks'],
  },
  'host-silent': { daemons: 'mapper', meaning: 'a host is not heard any more', fields: ['host', 'boot'] },
  'session-ended': {
    daemons: 'mapper',
    meaning: 'the session of a host ended for another reason than silence',
    fields: ['host', 'boot', 'why'],
  },
  'agreement-made': {
    daemons: 'mapper',
    meaning: 'the wire version of a direction was selected; its receiver is told first',
    fields: ['agreement', 'sender', 'receiver', 'framework'],
  },
  'agreement-active': {
    daemons: 'mapper',
    meaning: 'its receiver has the agreement; its sender is told',
    fields: ['agreement', 'sender', 'receiver', 'framework'],
  },
  'no-common-framework': {
    daemons: 'mapper',
    meaning: 'two hosts that want to talk have no wire version in common',
    fields: ['sender', 'receiver', 'senderOffers', 'receiverOffers', 'hint'],
  },
  'record-changed': {
    daemons: 'mapper',
    meaning: 'a record was created or changed',
    fields: ['kind', 'name', 'revision'],
  },
  'record-deleted': { daemons: 'mapper', meaning: 'a record was deleted', fields: ['kind', 'name', 'revision'] },
  'records-changed': {
    daemons: 'mapper',
    meaning: 'a large change touched more records than are named one by one',
    fields: ['unnamed', 'revision'],
  },
  'apply-unfinished': {
    daemons: 'mapper',
    meaning: 'the store did not take a large change to its end; it is tried again',
    fields: ['error', 'retryMs'],
  },
} as const satisfies Readonly<Record<string, EventDefinition>>;

export type EventName = keyof typeof EVENTS;
export const EVENT_NAMES = Object.keys(EVENTS) as readonly EventName[];

export function isEventName(name: string): name is EventName {
  return Object.hasOwn(EVENTS, name);
}

/** What each field of an event says. */
export const EVENT_FIELDS: Readonly<Record<string, string>> = {
  agentVersion: "the agent's version",
  agreement: 'its id',
  before: 'the incarnation known before',
  boot: 'random per start of the agent',
  cause: '`deleted`, `renamed`, `down` or `io-error`',
  changed: 'the keys that changed, separated by commas',
  code: 'why, from the closed list of refusals',
  database: 'path of the SQLite file',
  device: 'name of the TUN device',
  endpoint: 'where it receives, `address:port`',
  error: 'what is wrong',
  file: 'path of the configuration',
  framework: 'the wire version, `family/major.minor`',
  frameworks: 'the wire versions that it speaks, best first, separated by commas',
  from: 'where it came from, `address:port`',
  hint: 'what to do about it',
  host: 'name of the host',
  incarnation: "names this life of the store's content",
  index: 'number of the port on this host',
  items: 'how many ports, subnets, hosts and agreements were named',
  kind: 'of the record',
  listen: 'where agents reach the mapping daemon, `address:port`',
  mapper: 'where the mapping daemon is asked, `address:port`',
  metrics: 'where metrics are served',
  name: 'of the record',
  peer: 'name of the other host',
  port: 'name of the port',
  reason: 'why; of an alarm, the drop reason',
  receiver: 'the host that receives under the agreement',
  receiverOffers: 'its wire versions, separated by commas',
  retryMs: 'until the next try, ms',
  revision: "the store's revision",
  sender: 'the host that sends under the agreement',
  senderOffers: 'its wire versions, separated by commas',
  senders: '`peers`, hosts of the cloud, or `strangers`',
  session: 'number of the session',
  signal: 'what told it',
  silentMs: 'since it was last heard, ms',
  socket: 'path of the admin socket',
  suppressed: 'packets of the senders that no alarm named',
  underlay: 'where this host receives, `address:port`',
  unnamed: 'records that changed without an event of their own',
  version: "the daemon's version",
  why: '`overflowed`, `replaced`, `host-gone` or `stopped`',
};
