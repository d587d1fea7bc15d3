/**
 * The values that a message may hold, for both directions: what breaks a rule is neither sent nor
 * accepted. What records may hold comes from `model/records.ts`.
 */
import { DEVICE_PATTERN, MAX_MTU, MAX_PORT_ADDRESSES, MIN_MTU, NAMESPACE_PATTERN } from '../model/records.ts';
import { MAX_LABEL, MAX_LABELS } from '../wire/header-body.ts';
import {
  type Body,
  type Item,
  MAX_COUNTER,
  MAX_CURSOR_LENGTH,
  MAX_FRAMEWORKS,
  MAX_HEARTBEAT_MS,
  MAX_ITEMS,
  MAX_LOOKUP_KEYS,
  MAX_REASON_LENGTH,
  MAX_REPORT_PORTS,
  MAX_VALID_MS,
  type Message,
  PORT_STATES,
  type PortItem,
  REFUSAL_CODES,
} from './messages.ts';
import { checkTrace, checkTraceReport, checkTraceState } from './trace-rules.ts';
import { MAX_UINT32, NAME, Rules } from './rules.ts';

const MAX_AGREEMENT = 2 ** 24 - 1;

const DEVICE = new RegExp(DEVICE_PATTERN);
const NAMESPACE = new RegExp(NAMESPACE_PATTERN);
const BOOT = /^[0-9a-f]{16}$/;
const VERSION = /^[0-9A-Za-z.+_-]{1,64}$/;
const INCARNATION = /^[0-9A-Za-z-]{1,64}$/;
const FRAMEWORK = /^[a-z][a-z0-9-]{0,15}\/(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

/** The first rule that `message` breaks, for people; undefined when it is valid. */
export function brokenRule(message: Message): string | undefined {
  const rules = new Rules();
  checkHeader(rules, message);
  checkBody(rules, message.body);
  return rules.broken;
}

function checkHeader(rules: Rules, { id, session, body }: Message): void {
  const isPush = body.kind === 'push' || body.kind === 'push-ack';
  rules.integer('id', id, isPush ? 0 : 1, isPush ? 0 : MAX_COUNTER);
  if (body.kind === 'register' || body.kind === 'registered') rules.integer('session', session, 0, 0);
  else rules.integer('session', session, body.kind === 'refused' ? 0 : 1, MAX_UINT32);
}

function checkBody(rules: Rules, body: Body): void {
  switch (body.kind) {
    case 'register':
      rules.text('host', body.host, NAME);
      rules.text('boot', body.boot, BOOT);
      rules.text('agent version', body.agentVersion, VERSION);
      rules.count('frameworks', body.frameworks, 1, MAX_FRAMEWORKS);
      for (const framework of body.frameworks) rules.text('framework', framework, FRAMEWORK);
      break;
    case 'sync':
      rules.printable('cursor', body.cursor, MAX_CURSOR_LENGTH);
      break;
    case 'lookup':
      rules.count('keys', body.keys, 1, MAX_LOOKUP_KEYS);
      for (const key of body.keys) rules.key(key);
      break;
    case 'report':
      rules.count('ports', body.ports, 1, MAX_REPORT_PORTS);
      for (const port of body.ports) {
        rules.text('port name', port.name, NAME);
        rules.revision(port.revision);
        rules.require(PORT_STATES.includes(port.state), 'unknown port state');
      }
      break;
    case 'trace-report':
      checkTraceReport(rules, body);
      break;
    case 'trace-state':
      checkTraceState(rules, body);
      break;
    case 'registered':
      rules.integer('session', body.session, 1, MAX_UINT32);
      rules.text('incarnation', body.incarnation, INCARNATION);
      rules.integer('heartbeat interval', body.heartbeatMs, 1, MAX_HEARTBEAT_MS);
      break;
    case 'sync-page':
      rules.printable('cursor', body.next, MAX_CURSOR_LENGTH);
      checkItems(rules, body.items, 0);
      break;
    case 'lookup-answer':
      checkItems(rules, body.items, 0);
      break;
    case 'refused':
      rules.require(REFUSAL_CODES.includes(body.code), 'unknown refusal code');
      rules.printable('reason', body.reason, MAX_REASON_LENGTH);
      break;
    case 'push':
      rules.integer('sequence', body.sequence, 1, MAX_COUNTER);
      checkItems(rules, body.items, 1);
      break;
    case 'push-ack':
      rules.integer('sequence', body.sequence, 0, MAX_COUNTER);
      break;
    case 'heartbeat':
    case 'heartbeat-ack':
    case 'report-ack':
    case 'trace-report-ack':
    case 'trace-state-ack':
      break;
  }
}

function checkItems(rules: Rules, items: readonly Item[], least: number): void {
  rules.count('items', items, least, MAX_ITEMS);
  for (const item of items) checkItem(rules, item);
}

function checkItem(rules: Rules, item: Item): void {
  if ('revision' in item) rules.revision(item.revision);
  if ('name' in item) rules.text('name', item.name, NAME);
  switch (item.kind) {
    case 'port':
      checkPort(rules, item);
      break;
    case 'subnet':
      rules.integer('GNI', item.gni, 1, MAX_UINT32);
      rules.text('network', item.network, NAME);
      rules.prefix(item.prefix);
      break;
    case 'host':
      rules.endpoint(item.endpoint);
      break;
    case 'mapping':
      rules.key(item.key);
      if (item.host !== undefined) rules.text('host', item.host, NAME);
      rules.integer('validity', item.validMs, 0, MAX_VALID_MS);
      break;
    case 'agreement':
      rules.integer('agreement', item.id, 1, MAX_AGREEMENT);
      rules.text('sender', item.sender, NAME);
      rules.text('receiver', item.receiver, NAME);
      rules.text('framework', item.framework, FRAMEWORK);
      break;
    case 'agreement-gone':
      rules.integer('agreement', item.id, 1, MAX_AGREEMENT);
      break;
    case 'trace':
      checkTrace(rules, item);
      break;
    case 'trace-gone':
      rules.integer('trace', item.id, 1, MAX_UINT32);
      break;
    case 'port-gone':
    case 'subnet-gone':
    case 'host-gone':
      break;
  }
}

function checkPort(rules: Rules, port: PortItem): void {
  rules.integer('GNI', port.gni, 1, MAX_UINT32);
  rules.text('network', port.network, NAME);
  rules.prefix(port.subnet);
  rules.count('addresses', port.addresses, 1, MAX_PORT_ADDRESSES);
  for (const address of port.addresses) rules.integer('address', address, 0, MAX_UINT32);
  rules.integer('MTU', port.mtu, MIN_MTU, MAX_MTU);
  rules.count('labels', port.labels, 0, MAX_LABELS);
  for (const label of port.labels) rules.integer('label', label, 0, MAX_LABEL);
  rules.text('device', port.device, DEVICE);
  if (port.namespace !== undefined) rules.text('namespace', port.namespace, NAMESPACE);
}
