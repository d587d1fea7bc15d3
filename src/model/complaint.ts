/** What is wrong, and where: lines and columns count from 1. */
export interface Complaint {
  readonly line: number;
  /** Absent where only lines are told. */
  readonly column?: number;
  readonly message: string;
}

/** Problems that one error lists; the rest is counted. */
export const MAX_LISTED_PROBLEMS = 20;

/** A line `file:line[:column]: message` for each, in the order of the file; `unlisted` are only counted. */
export function listComplaints(fileName: string, complaints: readonly Complaint[], unlisted = 0): string {
  const lines = complaints
    .toSorted((a, b) => a.line - b.line || (a.column ?? 0) - (b.column ?? 0))
    .slice(0, MAX_LISTED_PROBLEMS)
    .map(
      ({ line, column, message }) =>
        `${[fileName, line, column].filter((part) => part !== undefined).join(':')}: ${message}`,
    );
  const more = complaints.length - lines.length + unlisted;
  if (more > 0) lines.push(`${fileName}: and ${more} more problems`);
  return lines.join('\n');
}
