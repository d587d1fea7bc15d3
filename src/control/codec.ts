/**
 * Messages to bytes and back. Encodings are canonical: a message has exactly one, and bytes that are
 * not it are refused (unknown fields, fields out of order, longer numbers than needed, and so on).
 */
import { DecodeError } from '../base/errors.ts';
import { brokenRule } from './broken-rule.ts';
import { messageFromWire } from './from-wire.ts';
import { netweft } from './generated/control.js';
import {
  type Item,
  MAX_CURSOR_LENGTH,
  MAX_ITEMS,
  MAX_MESSAGE_BYTES,
  MAX_REASON_LENGTH,
  type Message,
  SESSION_LAYER_BYTES,
} from './messages.ts';
import { itemToWire, messageToWire } from './to-wire.ts';

const Wire = netweft.control.v1;

const MAX_PAYLOAD_BYTES = MAX_MESSAGE_BYTES - SESSION_LAYER_BYTES;
/** Field tag and length in front of one item of a list; an item is shorter than 2^14 bytes. */
const ITEM_FRAME_BYTES = 3;
/** What a message of items holds beside them, at most: id, session, frame of the body, cursor. */
const ITEMS_FRAME_BYTES = 9 + 6 + 4 + (3 + MAX_CURSOR_LENGTH);

/**
 * The bytes of `message`. Throws RangeError for a message that is not valid or too long: our own
 * bug. A refusal's reason is cut to what it may be.
 */
export function encodeMessage(message: Message): Uint8Array {
  const sendable = withSendableReason(message);
  const broken = brokenRule(sendable);
  if (broken !== undefined) throw new RangeError(`${message.body.kind} message: ${broken}`);
  const bytes = encodeWire(sendable);
  if (bytes.length > MAX_PAYLOAD_BYTES) {
    throw new RangeError(`${message.body.kind} message of ${bytes.length} bytes, at most ${MAX_PAYLOAD_BYTES} fit`);
  }
  return bytes;
}

/** The message of `bytes`, which it does not alias. Throws DecodeError and nothing else. */
export function decodeMessage(bytes: Uint8Array): Message {
  if (bytes.length > MAX_PAYLOAD_BYTES) throw new DecodeError(`more than ${MAX_PAYLOAD_BYTES} bytes`);
  const message = messageFromWire(decodeWire(bytes));
  const broken = brokenRule(message);
  if (broken !== undefined) throw new DecodeError(broken);
  if (!areEqual(encodeWire(message), bytes)) {
    throw new DecodeError('not the canonical encoding');
  }
  return message;
}

/** Bytes that `item` takes in a message, at most. */
export function itemBytes(item: Item): number {
  return ITEM_FRAME_BYTES + Wire.Item.encode(itemToWire(item)).len;
}

/**
 * How many of `items`, from the index `from` on, fit into one message; 0 only where there are none.
 * Throws RangeError for an item that no message takes: our own bug.
 */
export function fittingItems(items: readonly Item[], from: number): number {
  let room = MAX_PAYLOAD_BYTES - ITEMS_FRAME_BYTES;
  let count = 0;
  for (const item of items.slice(from, from + MAX_ITEMS)) {
    room -= itemBytes(item);
    if (room < 0 && count === 0) throw new RangeError(`${item.kind} item is too long for a message`);
    if (room < 0) break;
    count++;
  }
  return count;
}

/** A plain copy: the generated encoder gives a part of Node's shared pool. */
function encodeWire(message: Message): Uint8Array {
  return new Uint8Array(Wire.Message.encode(messageToWire(message)).finish());
}

/** The generated decoder throws errors of several kinds, all of them about the bytes. */
function decodeWire(bytes: Uint8Array) {
  try {
    return Wire.Message.decode(bytes);
  } catch {
    throw new DecodeError('not a protobuf message of this protocol');
  }
}

function withSendableReason(message: Message): Message {
  if (message.body.kind !== 'refused') return message;
  const reason = message.body.reason.slice(0, MAX_REASON_LENGTH).replace(/[^ -~]/g, '?');
  return { ...message, body: { ...message.body, reason } };
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
