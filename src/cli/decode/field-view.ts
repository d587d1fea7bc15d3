/** Numbers of a block in the byte order of the machine that captured. Callers have checked the length. */
export class FieldView {
  readonly #view: DataView;
  readonly #isLittleEndian: boolean;

  constructor(bytes: Uint8Array, isLittleEndian: boolean) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#isLittleEndian = isLittleEndian;
  }

  uint16(at: number): number {
    return this.#view.getUint16(at, this.#isLittleEndian);
  }

  uint32(at: number): number {
    return this.#view.getUint32(at, this.#isLittleEndian);
  }

  int64(at: number): bigint {
    return this.#view.getBigInt64(at, this.#isLittleEndian);
  }
}
