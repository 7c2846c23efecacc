/** Bytes that are no snapshot, or one of another kind or version. */
export class UnreadableSnapshot extends Error {
  override readonly name = "UnreadableSnapshot";
}

/** Writes numbers one after the other, little-endian, into bytes that grow. */
export class SnapshotWriter {
  #bytes = new Uint8Array(64 * 1_024);
  #view = new DataView(this.#bytes.buffer);
  #size = 0;

  /** Returns the bytes written since the last call. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#size);
    this.#size = 0;
    return taken;
  }

  byte(value: number): void {
    const at = this.#advance(1);
    this.#view.setUint8(at, value);
  }

  int(value: number): void {
    const at = this.#advance(4);
    this.#view.setInt32(at, value, true);
  }

  float(value: number): void {
    const at = this.#advance(4);
    this.#view.setFloat32(at, value, true);
  }

  double(value: number): void {
    const at = this.#advance(8);
    this.#view.setFloat64(at, value, true);
  }

  id(value: bigint): void {
    const at = this.#advance(8);
    this.#view.setBigInt64(at, value, true);
  }

  /** Makes room, perhaps in a new view. */
  #advance(bytes: number): number {
    const at = this.#size;
    this.#size += bytes;
    if (this.#size > this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

/** Reads the bytes of a SnapshotWriter. @throws RangeError behind the last. */
export class SnapshotReader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#view.byteLength;
  }

  byte(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  int(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  float(): number {
    return this.#view.getFloat32(this.#advance(4), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  id(): bigint {
    return this.#view.getBigInt64(this.#advance(8), true);
  }

  #advance(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}

/** Rows written or read in one turn of the loop. */
const ROWS_PER_PART = 250;

interface Table {
  readonly rows: Int32Array;
  write(writer: SnapshotWriter, row: number): void;
}

/** A snapshot in parts of a few milliseconds each, to be joined: a header, then each table as rows, counted part by part. */
export function* snapshotParts(kind: number, tables: readonly Table[]): Generator<Uint8Array> {
  const writer = new SnapshotWriter();
  writer.int(kind);
  for (const { rows, write } of tables) {
    for (let from = 0; from < rows.length; from += ROWS_PER_PART) {
      const part = rows.subarray(from, from + ROWS_PER_PART);
      writer.int(part.length);
      for (const row of part) write(writer, row);
      yield writer.take();
    }
    writer.int(0);
  }
  yield writer.take();
}

/** Reads the bytes of snapshotParts, one part for each step. */
export function* restoreParts(
  bytes: Uint8Array,
  kind: number,
  readers: readonly ((reader: SnapshotReader) => void)[],
): Generator<void> {
  const reader = new SnapshotReader(bytes);
  try {
    if (reader.int() !== kind) throw new UnreadableSnapshot("a snapshot of another kind or version");
    for (const read of readers) {
      for (let count = reader.int(); count > 0; count = reader.int()) {
        for (let row = 0; row < count; row += 1) read(reader);
        yield;
      }
    }
    if (!reader.isAtEnd) throw new UnreadableSnapshot("a snapshot with more in it than it should have");
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UnreadableSnapshot("a snapshot that ends too early", { cause });
  }
}

export function joined(parts: Iterable<Uint8Array>): Uint8Array {
  return new Uint8Array(Buffer.concat([...parts]));
}
