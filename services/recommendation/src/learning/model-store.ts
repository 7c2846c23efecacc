import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as breathe } from "node:timers/promises";
import { createGunzip, createGzip, constants as zlib } from "node:zlib";
import { DATABASE_NOW_MS, type Mysql } from "@headline/mysql";

/** A model as it was after one event, in chunks: joined they are the bytes that were written. */
export interface StoredModel {
  readonly eventId: bigint;
  readonly chunks: readonly Buffer[];
}

/** A model as it is stored: compressed, in parts. */
export interface PackedModel {
  readonly eventId: bigint;
  readonly parts: readonly Buffer[];
}

/** A statement takes no more than max_allowed_packet, 16 MB at least by default. */
const PART_BYTES = 4 * 1024 * 1024;
/** Chunks small enough that none holds the thread for long. */
const CHUNK_BYTES = 256 * 1024;

/** Snapshots of models in MySQL, in parts, compressed; the newest of a name is kept. */
export class ModelStore {
  constructor(
    private readonly mysql: Mysql,
    private readonly name: string,
  ) {}

  /** The newest, or undefined. */
  async load(): Promise<StoredModel | undefined> {
    const [head] = await this.mysql.query<{ event_id: string }>(
      "SELECT event_id FROM model_snapshots WHERE name = ? ORDER BY event_id DESC LIMIT 1",
      [this.name],
    );
    if (head === undefined) return undefined;
    const parts: Buffer[] = [];
    for (let part = 0; ; part += 1) {
      const [row] = await this.mysql.query<{ body: Buffer }>(
        "SELECT body FROM model_snapshots WHERE name = ? AND event_id = ? AND part = ?",
        [this.name, head.event_id, part],
      );
      if (row === undefined) break;
      parts.push(row.body);
    }
    return { eventId: BigInt(head.event_id), chunks: await unpacked(parts) };
  }

  /** True for the one of several processes that is to take the next snapshot; the last was this long ago. */
  async claim(everyMs: number): Promise<boolean> {
    await this.mysql.write("INSERT IGNORE INTO model_turns (name, taken_at) VALUES (?, 0)", [this.name]);
    const { affectedRows } = await this.mysql.write(
      `UPDATE model_turns SET taken_at = ${DATABASE_NOW_MS} WHERE name = ? AND taken_at < ${DATABASE_NOW_MS} - ?`,
      [this.name, everyMs],
    );
    return affectedRows === 1;
  }

  /** All of it or nothing; older ones go. */
  async save({ eventId, parts }: PackedModel): Promise<void> {
    await this.mysql.transaction(async (tx) => {
      await tx.write("DELETE FROM model_snapshots WHERE name = ? AND event_id = ?", [this.name, eventId]);
      for (const [part, body] of parts.entries()) {
        await tx.write(
          "INSERT INTO model_snapshots (name, event_id, part, body, taken_at) VALUES (?, ?, ?, ?, " +
            DATABASE_NOW_MS +
            ")",
          [this.name, eventId, part, body],
        );
      }
      await tx.write("DELETE FROM model_snapshots WHERE name = ? AND event_id < ?", [this.name, eventId]);
    });
  }
}

/** Compresses the pieces of a model as they are made, one a turn of the loop. */
export async function packModel(pieces: Iterable<Buffer>): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  await pipeline(
    Readable.from(oneATurn(pieces)),
    createGzip({ level: zlib.Z_BEST_SPEED, chunkSize: CHUNK_BYTES }),
    async (packed: AsyncIterable<Buffer>) => {
      let part: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of packed) {
        part.push(chunk);
        bytes += chunk.length;
        if (bytes < PART_BYTES - CHUNK_BYTES) continue;
        parts.push(Buffer.concat(part));
        [part, bytes] = [[], 0];
      }
      if (bytes > 0) parts.push(Buffer.concat(part));
    },
  );
  return parts;
}

async function* oneATurn(pieces: Iterable<Buffer>): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    yield piece;
    await breathe();
  }
}

async function unpacked(parts: readonly Buffer[]): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  await pipeline(
    Readable.from(parts),
    createGunzip({ chunkSize: CHUNK_BYTES }),
    async (unpacking: AsyncIterable<Buffer>) => {
      for await (const chunk of unpacking) chunks.push(chunk);
    },
  );
  return chunks;
}
