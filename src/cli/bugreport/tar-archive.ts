/** The `ustar` format of POSIX.1-1988 (pax(1), "ustar Interchange Format"), regular files only. */

export interface ArchiveFile {
  /** ASCII, at most MAX_NAME bytes. */
  readonly name: string;
  readonly content: Buffer;
}

const BLOCK = 512;
const MAX_NAME = 100;
/** Offset and length of the header's fields. */
const FIELD = {
  name: [0, MAX_NAME],
  mode: [100, 8],
  owner: [108, 8],
  group: [116, 8],
  size: [124, 12],
  modified: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
} as const;

/** `modified` is in seconds since 1970. Owner and group are 0, which unpacking as anybody but root ignores. */
export function tarArchive(files: readonly ArchiveFile[], modified: number): Buffer {
  const parts = files.flatMap(({ name, content }) => [
    header(name, content.length, modified),
    content,
    Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(name: string, size: number, modified: number): Buffer {
  if (name.length > MAX_NAME || /[^\x20-\x7e]/.test(name)) throw new Error(`${name} cannot be in an archive`);
  const block = Buffer.alloc(BLOCK);
  const put = (field: keyof typeof FIELD, text: string) =>
    block.write(text, FIELD[field][0], FIELD[field][1], 'latin1');
  const putNumber = (field: keyof typeof FIELD, value: number) =>
    put(field, value.toString(8).padStart(FIELD[field][1] - 1, '0'));
  put('name', name);
  putNumber('mode', 0o600);
  putNumber('owner', 0);
  putNumber('group', 0);
  putNumber('size', size);
  putNumber('modified', modified);
  put('type', '0');
  put('magic', 'ustar\u000000');
  // The sum is over the header with spaces in place of the sum.
  put('checksum', ' '.repeat(FIELD.checksum[1]));
  put(
    'checksum',
    `${block
      .reduce((sum, byte) => sum + byte)
      .toString(8)
      .padStart(6, '0')}\0`,
  );
  return block;
}
