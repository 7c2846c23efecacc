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

export function encodeBatch(batch: Batch, catalogue: Catalogue): Buffer {
  const count = batch.slots.length;
  const bytes = Buffer.allocUnsafe(RECORD_BYTES + count * PER_ARTICLE_BYTES);
  bytes.writeDoubleLE(batch.stamp, 0);
  bytes.writeDoubleLE(batch.continuedAt === undefined ? batch.timeStamp : -batch.continuedAt, 8);
  bytes.writeInt32LE(batch.channelId, 16);
  bytes.writeUInt8(count, 20);
  for (let index = 0; index < count; index += 1) {
    bytes.writeBigInt64LE(catalogue.articleId(batch.slots[index] as number), RECORD_BYTES + index * 8);
  }
  bytes.set(batch.reasons, RECORD_BYTES + count * 8);
  return bytes;
}

/** The history in `bytes`; empty for another format. One cut short goes as far as it makes sense, and is written anew next time. */
export function decodeHistory(bytes: Buffer | null, catalogue: Catalogue): History {
  const history = new History();
  if (bytes === null || bytes.length < HEAD_BYTES || bytes.readUInt8(0) !== FORMAT) return history;
  let at = HEAD_BYTES;
  while (at + RECORD_BYTES <= bytes.length) {
    const count = bytes.readUInt8(at + 20);
    const end = at + RECORD_BYTES + count * PER_ARTICLE_BYTES;
    if (end > bytes.length) break;
    const articles = at + RECORD_BYTES;
    history.append({
      ...momentsOf(bytes.readDoubleLE(at), bytes.readDoubleLE(at + 8)),
      channelId: bytes.readInt32LE(at + 16),
      slots: Int32Array.from({ length: count }, (_, index) =>
        catalogue.slotOf(bytes.readBigInt64LE(articles + index * 8)),
      ),
      reasons: Uint8Array.from(bytes.subarray(articles + count * 8, end)),
    });
    at = end;
  }
  const version = bytes.readUIntBE(2, 6);
  if (at !== bytes.length || history.version !== version) history.markTorn(version);
  return history;
}

function momentsOf(stamp: number, timeStamp: number): Pick<Batch, "stamp" | "timeStamp" | "continuedAt"> {
  return timeStamp < 0 ? { stamp, timeStamp: stamp, continuedAt: -timeStamp } : { stamp, timeStamp };
}
