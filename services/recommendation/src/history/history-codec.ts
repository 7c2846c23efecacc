import type { Catalogue } from "../catalogue/catalogue.js";
import type { Batch } from "./batch.js";
import { History } from "./history.js";

/**
 * A history in Redis: an eight-byte head (format, then the version), and after it one record per batch:
 *
 *   stamp f64 · time_stamp f64 · channel i32 · n u8 · n × article i64 · n × reason u8    (little-endian)
 *
 * A continued batch was made by its own stamp; in place of time_stamp stands the moment it was made, negative.
 * Ten articles take 111 bytes. Appending a batch is an APPEND and a new head, whatever the history's length.
 */
const HEAD_BYTES = 8;
const RECORD_BYTES = 21;
const PER_ARTICLE_BYTES = 9;
export const FORMAT = 1;

/** The head that says `version`; empty for a history that is not there. */
export function encodeHead(version: number): Buffer {
  if (version === 0) return EMPTY;
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(FORMAT, 0);
  head.writeUIntBE(version, 2, 6);
  return head;
}

const EMPTY = Buffer.alloc(0);

/** Encodes a batch; `articles` names the article of a slot. */
export function encodeBatch(batch: Batch, articles: Pick<Catalogue, "articleId">): Buffer {
  const count = batch.slots.length;
  const bytes = Buffer.allocUnsafe(RECORD_BYTES + count * PER_ARTICLE_BYTES);
  bytes.writeDoubleLE(batch.stamp, 0);
  bytes.writeDoubleLE(batch.continuedAt === undefined ? batch.timeStamp : -batch.continuedAt, 8);
  bytes.writeInt32LE(batch.channelId, 16);
  bytes.writeUInt8(count, 20);
  for (let index = 0; index < count; index += 1) {
    bytes.writeBigInt64LE(articles.articleId(batch.slots[index] as number), RECORD_BYTES + index * 8);
  }
  bytes.set(batch.reasons, RECORD_BYTES + count * 8);
  return bytes;
}

/**
 * The history in `bytes`, which it keeps: articles are read when they are asked for. Empty for another format. One cut short
 * goes as far as it makes sense, and is written anew next time.
 */
export function decodeHistory(bytes: Buffer | null, catalogue: Catalogue): History {
  const history = new History();
  if (bytes === null || bytes.length < HEAD_BYTES || bytes[0] !== FORMAT) return history;
  const stored = new Uint8Array(bytes); // a copy: what the client hands out is a part of all it received
  const view = new DataView(stored.buffer);
  let at = HEAD_BYTES;
  while (at + RECORD_BYTES <= stored.length) {
    const end = at + RECORD_BYTES + view.getUint8(at + 20) * PER_ARTICLE_BYTES;
    if (end > stored.length) break;
    history.append(new StoredBatch(view, at, catalogue));
    at = end;
  }
  const version = bytes.readUIntBE(2, 6);
  if (at !== stored.length || history.version !== version) history.markTorn(version);
  return history;
}

/** Memory of a stored batch beside its record. */
const OBJECT_BYTES = 150;

/** A batch in a history's bytes: its moments and channel are read at once, its articles whenever they are asked for. */
class StoredBatch implements Batch {
  readonly stamp: number;
  readonly timeStamp: number;
  readonly continuedAt?: number;
  readonly channelId: number;
  readonly #view: DataView;
  readonly #at: number;
  readonly #catalogue: Catalogue;

  constructor(view: DataView, at: number, catalogue: Catalogue) {
    const timeStamp = view.getFloat64(at + 8, true);
    this.stamp = view.getFloat64(at, true);
    this.timeStamp = timeStamp < 0 ? this.stamp : timeStamp;
    if (timeStamp < 0) this.continuedAt = -timeStamp;
    this.channelId = view.getInt32(at + 16, true);
    this.#view = view;
    this.#at = at;
    this.#catalogue = catalogue;
  }

  get slots(): Int32Array {
    const slots = new Int32Array(this.#count);
    for (let index = 0; index < slots.length; index += 1) {
      slots[index] = this.#catalogue.slotOf(this.#view.getBigInt64(this.#articles + index * 8, true));
    }
    return slots;
  }

  get reasons(): Uint8Array {
    const from = this.#articles + this.#count * 8;
    return new Uint8Array(this.#view.buffer.slice(from, from + this.#count));
  }

  get bytes(): number {
    return OBJECT_BYTES + RECORD_BYTES + this.#count * PER_ARTICLE_BYTES;
  }

  get #articles(): number {
    return this.#at + RECORD_BYTES;
  }

  get #count(): number {
    return this.#view.getUint8(this.#at + 20);
  }
}
