import { Argument, type Command, type Option } from 'commander';
import { adminRequest } from '../../admin/client.ts';
import type { AdminDocument } from '../../admin/documents.ts';
import type { Cli } from '../cli.ts';
import { chosenSocket, type Daemon } from '../daemon-socket.ts';
import type { Candidate, Completion, FindValues } from './complete-words.ts';
import type { CursorPlace } from './cursor-place.ts';

/** Whoever types does not wait longer for a daemon. */
const ANSWER_MS = 300;

interface Asker {
  readonly place: CursorPlace;
  /** Undefined where no daemon answers so. */
  ask<S extends AdminDocument['schema']>(
    daemon: Daemon,
    schema: S,
    path: string,
  ): Promise<Extract<AdminDocument, { readonly schema: S }> | undefined>;
}

type Source = (asker: Asker) => Completion | Promise<Completion>;

/** By the command, and the long name of its option or the name of its argument; `*` is every command. */
const SOURCES: ReadonlyMap<string, Source> = new Map<string, Source>([
  ['get kind', kinds],
  ['get name', recordNames],
  ['delete kind', kinds],
  ['delete name', recordNames],
  ['agent --host', (asker) => namesOf(asker, 'host')],
  ['* --port', ports],
  ['trace --port', (asker) => namesOf(asker, 'port')],
  ['* --protocol', () => named(['tcp', 'udp', 'icmp'])],
  ['decode --port', () => []],
  ['* --reason', dropReasons],
  ['* --lab', labs],
  ['lab down lab', labs],
  ['lab status lab', labs],
  ['lab exec where', labPlaces],
  ['lab stop daemon', labDaemons],
  ['lab start daemon', labDaemons],
  ['* --directory', () => 'folders'],
  ['* command', () => 'files'],
]);

/** By what the help calls the value. */
const OF_PLACEHOLDER: ReadonlyMap<string, Completion> = new Map([
  ['file', 'files'],
  ['path', 'files'],
  ['folder', 'folders'],
  ['directory', 'folders'],
]);

/** Values from the daemons and the labs of this machine; none where nobody answers. */
export function findValues(cli: Cli): FindValues {
  return async (wanted, place) => {
    const source = sourceOf(wanted, place.command);
    if (source === undefined) return OF_PLACEHOLDER.get(placeholder(wanted)) ?? [];
    return source({ place, ask: (daemon, schema, path) => ask(cli, place, daemon, schema, path) });
  };
}

function sourceOf(wanted: Option | Argument, command: Command): Source | undefined {
  const name = wanted instanceof Argument ? wanted.name() : (wanted.long ?? wanted.flags);
  return SOURCES.get(`${commandPath(command)} ${name}`) ?? SOURCES.get(`* ${name}`);
}

/** `lab exec`, say: the names after the program's. */
function commandPath(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${commandPath(parent)} ${command.name()}` : command.name();
}

function placeholder(wanted: Option | Argument): string {
  return wanted instanceof Argument ? wanted.name() : (/[<[]([a-z]+)/.exec(wanted.flags)?.[1] ?? '');
}

async function ask<S extends AdminDocument['schema']>(
  cli: Cli,
  { given }: CursorPlace,
  daemon: Daemon,
  schema: S,
  path: string,
): Promise<Extract<AdminDocument, { readonly schema: S }> | undefined> {
  const socket = given.get('--socket');
  try {
    const document = await adminRequest(
      chosenSocket(cli, daemon, socket === undefined ? {} : { socket }),
      'GET',
      path,
      undefined,
      ANSWER_MS,
    );
    return document.schema === schema ? (document as Extract<AdminDocument, { readonly schema: S }>) : undefined;
  } catch {
    return undefined;
  }
}

async function kinds(): Promise<Completion> {
  const { KINDS } = await import('../../model/records.ts');
  return named(KINDS);
}

async function recordNames(asker: Asker): Promise<Completion> {
  const { KINDS } = await import('../../model/records.ts');
  const [text] = asker.place.operands;
  const kind = KINDS.find((known) => text === known || text === `${known}s`);
  return kind === undefined ? [] : namesOf(asker, kind);
}

async function namesOf(asker: Asker, kind: string): Promise<Completion> {
  const document = await asker.ask('mapper', 'netweft.records/v1', `/v1/records/${kind}`);
  return named(document?.records.map(({ name }) => name) ?? []);
}

async function ports(asker: Asker): Promise<Completion> {
  const document = await asker.ask('agent', 'netweft.ports/v1', '/v1/ports');
  return (
    document?.ports.map(({ name, addresses, state }) => ({
      value: name,
      description: `${addresses.join(', ')} ${state}`,
    })) ?? []
  );
}

async function dropReasons(asker: Asker): Promise<Completion> {
  const document = await asker.ask('agent', 'netweft.drops/v1', '/v1/drops');
  return document?.reasons.map(({ reason, meaning }) => ({ value: reason, description: meaning })) ?? [];
}

async function labs(): Promise<Completion> {
  const { listLabs } = await import('../../lab/lab-record.ts');
  return named(listLabs());
}

async function labPlaces({ place }: Asker): Promise<Completion> {
  const plan = await labPlan(place);
  if (plan === undefined) return [];
  const guests = plan.guests.map(({ guest }) => guest);
  const agents = plan.agents.map(({ name }) => name);
  return named([...new Set([...guests, ...agents, plan.mapper.name, 'bridge', ...plan.namespaces])]);
}

async function labDaemons({ place }: Asker): Promise<Completion> {
  const plan = await labPlan(place);
  return plan === undefined ? [] : named([plan.mapper.name, ...plan.agents.map(({ name }) => name)]);
}

async function labPlan({ given }: CursorPlace) {
  const { requireLab } = await import('../../lab/find-lab.ts');
  try {
    return requireLab(given.get('--lab')).plan;
  } catch {
    return undefined;
  }
}

function named(values: readonly string[]): readonly Candidate[] {
  return values.map((value) => ({ value }));
}
