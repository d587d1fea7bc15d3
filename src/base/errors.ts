/**
 * The three kinds of failure that are not a bad packet (a bad packet is a counted drop, see
 * `pipeline/drop-reasons.ts`): bytes that do not decode, a request that cannot be carried out,
 * and a fault of our own, which is a plain `Error` and ends the process.
 */

/** The one error a decoder may throw. It says which rule the bytes broke, never their content. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** The closed list of reasons for which a request of a user or a peer is refused. */
export const USER_ERROR_CODES = [
  'invalid',
  'not-found',
  'conflict',
  'in-use',
  'unreachable',
  'not-permitted',
  'unsupported',
  'limit',
  'unfinished',
] as const;

export type UserErrorCode = (typeof USER_ERROR_CODES)[number];

/**
 * A request that was refused and changed nothing; with `unfinished`, one that is, or may be, still
 * being carried out. The message says what, where and why; `hint` says
 * what to do about it.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: UserErrorCode;
  readonly hint: string | undefined;

  constructor(code: UserErrorCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
