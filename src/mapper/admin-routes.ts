/** The mapping daemon's requests on its admin socket; `../admin/documents.ts` has the documents. */
import type { FastifyInstance } from 'fastify';
import type {
  AgreementsDocument,
  ApplyDocument,
  DeleteDocument,
  MapperStatusDocument,
  RecordsDocument,
} from '../admin/documents.ts';
import { UserError } from '../base/errors.ts';
import { type Endpoint, formatEndpoint } from '../base/ipv4.ts';
import { VERSION } from '../base/version.ts';
import { parseKind, parseRecord } from '../model/record-check.ts';
import { agreementItem } from './agreement-table.ts';
import type { ControlPort } from './control-socket.ts';
import type { Mapper } from './mapper.ts';

/** Where the daemon listens, and what its socket counts. */
export interface ControlFace {
  readonly listen: Endpoint;
  readonly counters: Readonly<ControlPort['counters']>;
}

export function adminRoutes(app: FastifyInstance, mapper: Mapper, control: ControlFace): void {
  app.get('/v1/status', (): MapperStatusDocument => {
    const listen = formatEndpoint(control.listen);
    const status = mapper.status();
    const counters = { ...status.counters, ...control.counters };
    return { schema: 'netweft.mapper-status/v1', version: VERSION, listen, ...status, counters };
  });
  app.post('/v1/apply', async ({ body }): Promise<ApplyDocument> => {
    return { schema: 'netweft.apply/v1', ...(await mapper.apply(parseApply(body))) };
  });
  app.get<{ Params: { kind: string } }>('/v1/records/:kind', ({ params }) => records(mapper, params.kind));
  app.get<{ Params: { kind: string; name: string } }>('/v1/records/:kind/:name', ({ params }) =>
    records(mapper, params.kind, params.name),
  );
  app.delete<{ Params: { kind: string; name: string } }>(
    '/v1/records/:kind/:name',
    async ({ params: { kind: kindText, name } }): Promise<DeleteDocument> => {
      const kind = parseKind(kindText);
      return { schema: 'netweft.delete/v1', kind, name, revision: await mapper.delete(kind, name) };
    },
  );
  app.get('/v1/agreements', () => agreements(mapper));
}

function parseApply(body: unknown) {
  const list = (body as { records?: unknown } | null)?.records;
  if (!Array.isArray(list)) throw new UserError('invalid', 'there is no list of records', 'send { "records": [...] }');
  return list.map(parseRecord);
}

function records(mapper: Mapper, kindText: string, name?: string): RecordsDocument {
  const kind = parseKind(kindText);
  const entries = mapper.get(kind, name).map(({ record: { spec, revision }, state }) => {
    return { kind, name: spec.name, revision, spec, ...(state === undefined ? {} : { state }) };
  });
  return { schema: 'netweft.records/v1', kind, revision: mapper.state.revision, records: entries };
}

function agreements(mapper: Mapper): AgreementsDocument {
  const entries = mapper.state.agreements.all().map((agreement) => {
    const { id, sender, receiver, framework, revision } = agreementItem(agreement);
    return { id, sender, receiver, framework, revision };
  });
  return { schema: 'netweft.agreements/v1', agreements: entries.toSorted((a, b) => a.id - b.id) };
}
