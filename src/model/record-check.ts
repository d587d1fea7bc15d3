/** From JSON of unknown origin to records. */
import { UserError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { nearestWord } from './nearest-word.ts';
import { type CloudRecord, KINDS, type Kind, SCHEMAS } from './records.ts';
import { compileSchemaCheck, type SchemaProblem } from './schema-problems.ts';

/** Characters of a name that a message repeats: one more than a name may have. */
const MAX_SHOWN_NAME = 64;

const CHECKS = Object.fromEntries(KINDS.map((kind) => [kind, compileSchemaCheck(SCHEMAS[kind])])) as {
  readonly [K in Kind]: (value: unknown) => SchemaProblem[];
};

/** What is wrong with the fields of one record by itself; its relation to others is `validate.ts`. */
export function recordProblems(kind: Kind, spec: unknown): SchemaProblem[] {
  return CHECKS[kind](spec);
}

/** A kind as a person wrote it; throws UserError `invalid` with the nearest known kind. */
export function parseKind(text: string): Kind {
  if ((KINDS as readonly string[]).includes(text)) return text as Kind;
  const near = nearestWord(text, KINDS);
  throw new UserError(
    'invalid',
    `there is no kind of record called ${JSON.stringify(text.slice(0, 64))}`,
    near === undefined ? `kinds are ${KINDS.join(', ')}` : `did you mean ${near}?`,
  );
}

/** A record as errors name it, whatever its name is. */
export function recordSubject(kind: Kind, spec: unknown): string | undefined {
  const name = (spec as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? `${kind} ${printable(name.slice(0, MAX_SHOWN_NAME))}` : undefined;
}

/** One record of a request; throws UserError `invalid` that names the record and what is wrong. */
export function parseRecord(value: unknown): CloudRecord {
  const { kind: kindText, spec } = (value ?? {}) as { kind?: unknown; spec?: unknown };
  if (typeof kindText !== 'string') {
    throw new UserError('invalid', 'a record without a kind', 'send { "kind": "port", "spec": { … } }');
  }
  const kind = parseKind(kindText);
  const problems = recordProblems(kind, spec);
  if (problems.length > 0) {
    const subject = recordSubject(kind, spec) ?? kind;
    throw new UserError('invalid', `${subject}: ${problems.map((problem) => problem.message).join('; ')}`);
  }
  return { kind, spec } as CloudRecord;
}
