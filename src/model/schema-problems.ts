/** Violations of a schema in people's words. */
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Settings } from 'typebox/system';
import { nearestWord } from './nearest-word.ts';

export interface SchemaProblem {
  /** Keys and list positions from the value down to what is wrong. */
  readonly path: readonly string[];
  /** A sentence that names the key, what it is and what it must be. */
  readonly message: string;
}

type SchemaCheck = (value: unknown) => SchemaProblem[];

/**
 * Violations that are looked for in one value. The library stops at 8 by itself, and what comes after would pass for
 * right; so many have no file of 64 KiB and no record.
 */
const MAX_VIOLATIONS = 65_536;
Settings.Set({ maxErrors: MAX_VIOLATIONS });

/** Characters of a wrong value that a message repeats. */
const MAX_SHOWN_VALUE = 60;

interface SchemaNode {
  readonly description?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

interface RawError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/** Compiles a schema into a function that lists what is wrong with a value; an empty list: nothing. */
export function compileSchemaCheck(schema: TSchema): SchemaCheck {
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return [];
    return describeErrors(schema, value, validator.Errors(value));
  };
}

function describeErrors(schema: SchemaNode, value: unknown, errors: readonly RawError[]): SchemaProblem[] {
  const problems = new Map<string, SchemaProblem>();
  const missing = new Set<string>();
  const mistyped = new Set<string>();
  for (const error of errors) {
    // Every unknown key is reported twice: at its own path as a false schema, and by its owner.
    if (error.keyword === 'boolean') continue;
    for (const { meant, isMissing, ...problem } of describeError(schema, value, error)) {
      const key = problem.path.join('/');
      if (!problems.has(key)) problems.set(key, problem);
      if (isMissing) missing.add(key);
      if (meant !== undefined) mistyped.add(meant.join('/'));
    }
  }
  for (const key of mistyped) if (missing.has(key)) problems.delete(key);
  return [...problems.values()];
}

interface Description extends SchemaProblem {
  /** The key that an unknown one was probably meant to be; that it is missing goes without saying. */
  readonly meant?: readonly string[];
  readonly isMissing?: true;
}

function describeError(schema: SchemaNode, value: unknown, error: RawError): Description[] {
  const path = error.instancePath.split('/').slice(1);
  const params = error.params as { requiredProperties?: string[]; additionalProperties?: string[] };
  if (error.keyword === 'required') {
    return (params.requiredProperties ?? []).map((key) => missingKey(schema, path, key));
  }
  if (error.keyword === 'additionalProperties') {
    return (params.additionalProperties ?? []).map((key) => unknownKey(schema, path, key));
  }
  return [wrongValue(schema, value, path, error)];
}

function missingKey(schema: SchemaNode, path: readonly string[], key: string): Description {
  const wanted = describedAt(schema, [...path, key]);
  return {
    path: [...path, key],
    message: `"${key}" is missing${wanted === undefined ? '' : `; it must be ${wanted}`}`,
    isMissing: true,
  };
}

function unknownKey(schema: SchemaNode, path: readonly string[], key: string): Description {
  const known = Object.keys(nodeAt(schema, path)?.properties ?? {});
  const near = nearestWord(key, known);
  const advice = near === undefined ? `known keys are ${known.join(', ')}` : `did you mean "${near}"?`;
  const problem = { path: [...path, key], message: `unknown key ${shown(key)}; ${advice}` };
  return near === undefined ? problem : { ...problem, meant: [...path, near] };
}

function wrongValue(schema: SchemaNode, value: unknown, path: readonly string[], error: RawError): SchemaProblem {
  const found = valueAt(value, path);
  const subject = path.length === 0 ? 'this' : `"${path.join('.')}"`;
  const wanted = describedAt(schema, path) ?? wantedByType(nodeAt(schema, path), error);
  const wantsText = nodeAt(schema, path)?.type === 'string';
  const quotes = wantsText && (typeof found === 'number' || typeof found === 'boolean') ? '; put it in quotes' : '';
  return { path, message: `${subject} is ${shown(found)}, it must be ${wanted}${quotes}` };
}

function wantedByType(node: SchemaNode | undefined, error: RawError): string {
  if (node?.type === 'object') return `a mapping with the keys ${Object.keys(node.properties ?? {}).join(', ')}`;
  if (node?.type === 'array') return 'a list';
  return error.message.replace(/^must (be )?/, '');
}

/** The description of the node at `path`, or of the nearest one above it below the root. */
function describedAt(schema: SchemaNode, path: readonly string[]): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const description = nodeAt(schema, path.slice(0, length))?.description;
    if (description !== undefined) return description;
  }
  return undefined;
}

function nodeAt(schema: SchemaNode, path: readonly string[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = schema;
  for (const step of path) node = node?.items ?? node?.properties?.[step];
  return node;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const step of path) current = (current as Record<string, unknown> | undefined)?.[step];
  return current;
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  const text = JSON.stringify(value);
  return text.length > MAX_SHOWN_VALUE ? `${text.slice(0, MAX_SHOWN_VALUE)}…` : text;
}
