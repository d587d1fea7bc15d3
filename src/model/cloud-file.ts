/**
 * Cloud files: YAML that describes a whole cloud, or a part of one to be added to what the mapping
 * daemon has. Everything that is wrong is found in one reading and named by its line.
 *
 *   cloud: netweft/v1
 *   tenants: [...]     one list per kind of record, see `records.ts`
 *   lab: {...}         optional, see `lab-section.ts`
 */
import { UserError } from '../base/errors.ts';
import { type Complaint, listComplaints, MAX_LISTED_PROBLEMS } from './complaint.ts';
import { type LabSection, labProblems, labSchemaProblems } from './lab-section.ts';
import { nearestWord } from './nearest-word.ts';
import { formatProblem, type Problem } from './problem.ts';
import { recordProblems, recordSubject } from './record-check.ts';
import { type CloudRecord, KINDS, type Kind } from './records.ts';
import { validateCloud } from './validate.ts';
import { type DocumentEntry, type DocumentValue, YamlDocument } from './yaml-document.ts';

export type { LabSection };

const FORMAT = 'netweft/v1';
/** Characters of one file: a mapping daemon's largest apply fits, however long its names are. */
const MAX_FILE_LENGTH = 8 * 1024 * 1024;
const DEFAULT_LAB_NAME = 'lab';

const KIND_OF_SECTION: ReadonlyMap<string, Kind> = new Map(KINDS.map((kind) => [`${kind}s`, kind]));
const SECTIONS: readonly string[] = ['cloud', ...KIND_OF_SECTION.keys(), 'lab'];

export interface CloudFile {
  readonly records: readonly CloudRecord[];
  readonly lab: LabSection | undefined;
  /** The line, from 1, where the record starts. */
  lineOf(kind: Kind, name: string): number | undefined;
}

/** `part`: records that the file refers to may be with the mapping daemon instead. */
export type CloudFileScope = 'whole' | 'part';

/**
 * Reads the text of a cloud file. Throws UserError `invalid` whose message has a line
 * `file:line: what is wrong; what to do` for every problem.
 */
export function parseCloudFile(text: string, fileName: string, scope: CloudFileScope = 'whole'): CloudFile {
  if (text.length > MAX_FILE_LENGTH) {
    throw new UserError(
      'limit',
      `${fileName} has more than ${MAX_FILE_LENGTH} characters`,
      'split it into several files',
    );
  }
  const reading = new CloudReading(text, scope);
  if (reading.complaints.length > 0) {
    throw new UserError('invalid', listComplaints(fileName, reading.complaints, reading.unlistedProblems));
  }
  return {
    records: reading.records,
    lab: reading.lab,
    lineOf: (kind, name) => reading.lineOf(kind, name),
  };
}

/** One pass over a file, which collects what is wrong instead of stopping at it. */
class CloudReading {
  readonly records: CloudRecord[] = [];
  readonly complaints: Complaint[] = [];
  /** Of rules between records: complaints that would not be listed are only counted. */
  unlistedProblems = 0;
  lab: LabSection | undefined;
  readonly #document: YamlDocument;
  /** By position in `records`. */
  readonly #places: DocumentValue[] = [];

  constructor(text: string, scope: CloudFileScope) {
    this.#document = new YamlDocument(text);
    for (const { line, message } of this.#document.syntaxComplaints) this.#complain(line, message);
    if (this.complaints.length > 0) return;
    this.#readSections();
    // Rules between records mean little while some records could not be read.
    if (this.complaints.length === 0) this.#checkRules(scope);
  }

  lineOf(kind: Kind, name: string): number | undefined {
    const index = this.records.findIndex((record) => record.kind === kind && record.spec.name === name);
    return this.#places[index]?.line;
  }

  #readSections(): void {
    const sections = this.#document.sections();
    if (sections === undefined) {
      this.#complain(1, `this is no cloud file; it starts with "cloud: ${FORMAT}"`);
      return;
    }
    this.#checkFormat(sections.find(({ key }) => key === 'cloud'));
    const lab = sections.find(({ key }) => key === 'lab');
    for (const { key, value } of sections) {
      const kind = KIND_OF_SECTION.get(key);
      if (kind !== undefined) this.#readRecords(kind, key, value);
      else if (!SECTIONS.includes(key)) this.#unknownSection(key, value.line);
    }
    if (lab !== undefined) this.#readLab(lab.value);
  }

  #checkFormat(entry: DocumentEntry | undefined): void {
    const format = entry === undefined ? undefined : this.#document.plain(entry.value);
    if (format === FORMAT) return;
    if (entry === undefined) this.#complain(1, `"cloud" is missing; write "cloud: ${FORMAT}" first`);
    else this.#complain(entry.value.line, `"cloud" is ${JSON.stringify(format)}; this version reads ${FORMAT}`);
  }

  #unknownSection(key: string, line: number): void {
    const near = nearestWord(key, SECTIONS);
    const advice = near === undefined ? `known keys are ${SECTIONS.join(', ')}` : `did you mean "${near}"?`;
    this.#complain(line, `unknown key ${JSON.stringify(key.slice(0, 64))}; ${advice}`);
  }

  #readRecords(kind: Kind, section: string, value: DocumentValue): void {
    if (this.#document.isEmpty(value)) return;
    const items = this.#document.items(value);
    if (items === undefined)
      this.#complain(value.line, `"${section}" is not a list; start each ${kind} with "- name:"`);
    for (const item of items ?? []) this.#readRecord(kind, item);
  }

  #readRecord(kind: Kind, item: DocumentValue): void {
    const spec = this.#document.plain(item);
    const problems = recordProblems(kind, spec);
    const subject = recordSubject(kind, spec) ?? `a ${kind}`;
    for (const { path, message } of problems) this.#complain(this.#lineAt(item, path), `${subject}: ${message}`);
    if (problems.length > 0) return;
    this.records.push({ kind, spec } as CloudRecord);
    this.#places.push(item);
  }

  #readLab(value: DocumentValue): void {
    const plain = this.#document.plain(value);
    const problems = labSchemaProblems(plain);
    for (const { path, message } of problems) this.#complain(this.#lineAt(value, path), `lab: ${message}`);
    if (problems.length > 0) return;
    const section = plain as Partial<LabSection> & Pick<LabSection, 'mapper'>;
    const { name = DEFAULT_LAB_NAME, underlay, mapper, hosts = [] } = section;
    this.lab = { name, underlay, mapper, hosts };
    for (const { path, message } of labProblems(this.lab, this.records)) {
      this.#complain(this.#lineAt(value, path), message);
    }
  }

  #checkRules(scope: CloudFileScope): void {
    const problems = validateCloud(this.records)
      .filter(({ isDangling }) => scope === 'whole' || !isDangling)
      .map((problem) => ({ problem, line: this.#lineOfProblem(problem) }))
      .toSorted((a, b) => a.line - b.line);
    const listed = problems.slice(0, MAX_LISTED_PROBLEMS);
    for (const { problem, line } of listed) this.#complain(line, formatProblem(problem));
    this.unlistedProblems = problems.length - listed.length;
  }

  #lineOfProblem({ index, path }: Problem): number {
    const place = this.#places[index];
    return place === undefined ? 1 : this.#lineAt(place, path);
  }

  #lineAt(value: DocumentValue, path: readonly string[]): number {
    return this.#document.placeAt(value, path).line;
  }

  #complain(line: number, message: string): void {
    this.complaints.push({ line, message });
  }
}
