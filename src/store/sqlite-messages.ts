/** What the SQLite store's main side and its thread say to each other, by structured clone. */

import { UserError, type UserErrorCode } from '../base/errors.ts';
import type { Outcome } from './apply-transaction.ts';
import type { Listing, Transaction } from './check-request.ts';
import type { Entry, Page } from './store.ts';

/** Starts the thread. */
export interface ThreadData {
  /** Absolute. */
  readonly path: string;
  /** The file was put back from a copy: it begins a new incarnation. */
  readonly isRestored: boolean;
}

export type StoreRequest =
  | { readonly kind: 'revision' }
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'list'; readonly listing: Listing }
  | { readonly kind: 'transact'; readonly transaction: Transaction };

export type StoreReply =
  | { readonly kind: 'revision'; readonly revision: number }
  | { readonly kind: 'get'; readonly entry: Entry | undefined }
  | { readonly kind: 'list'; readonly page: Page }
  | { readonly kind: 'transact'; readonly outcome: Outcome }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A UserError; classes do not survive the crossing. */
export interface Refusal {
  readonly code: UserErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
}

export type ToThread =
  | { readonly kind: 'group'; readonly requests: readonly StoreRequest[] }
  | { readonly kind: 'close' };

/** The first message is `opened` or `refused`; then each group gets one `replies` or `refused`. */
export type FromThread =
  | { readonly kind: 'opened'; readonly incarnation: string; readonly revision: number }
  | { readonly kind: 'replies'; readonly replies: readonly StoreReply[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export function toRefusal({ code, message, hint }: UserError): Refusal {
  return { code, message, hint };
}

export function fromRefusal({ code, message, hint }: Refusal): UserError {
  return new UserError(code, message, hint);
}

/** The reply to a request of `kind`; throws the UserError with which it was refused. */
export function expectReply<Kind extends StoreRequest['kind']>(
  reply: StoreReply,
  kind: Kind,
): Extract<StoreReply, { kind: Kind }> {
  if (reply.kind === 'refused') throw fromRefusal(reply.refusal);
  if (reply.kind !== kind) throw new Error(`a request ${kind} was answered with ${reply.kind}`);
  return reply as Extract<StoreReply, { kind: Kind }>;
}
