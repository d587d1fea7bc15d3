import { DecodeError, UserError } from '../../base/errors.ts';
import { NotACaptureError } from './capture-reader.ts';

/** A refusal for what is wrong with a capture; anything else is a fault of our own. `read` tells how far reading came. */
export function captureError(error: unknown, name: string, read: string): unknown {
  if (error instanceof NotACaptureError) {
    const hint = 'give a file that tcpdump -w, dumpcap or Wireshark wrote, not compressed';
    return new UserError('invalid', `${name} is not a packet capture: ${error.message}`, hint);
  }
  if (error instanceof DecodeError) {
    const hint = `what stands before it was read: ${read}`;
    return new UserError('invalid', `${name} is a damaged capture: ${error.message}`, hint);
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  if (code === 'ENOENT') return new UserError('not-found', `no such file: ${name}`, 'check the path');
  return new UserError('invalid', `cannot read ${name}: ${code}`, 'check the path and its permissions');
}
