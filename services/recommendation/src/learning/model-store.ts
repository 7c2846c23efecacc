import { promisify } from "node:util";
import { gunzip, gzip, constants as zlib } from "node:zlib";
import { DATABASE_NOW_MS } from "@headline/change-feed";
import type { Mysql } from "@headline/mysql";

/** A model as it was after one event. */
export interface StoredModel {
  readonly eventId: bigint;
  readonly body: Buffer;
}

/** A statement takes no more than max_allowed_packet, 16 MB at least by default. */
const PART_BYTES = 4 * 1024 * 1024;

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
    return { eventId: BigInt(head.event_id), body: await promisify(gunzip)(Buffer.concat(parts)) };
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
  async save({ eventId, body }: StoredModel): Promise<void> {
    const packed = await promisify(gzip)(body, { level: zlib.Z_BEST_SPEED });
    await this.mysql.transaction(async (tx) => {
      await tx.write("DELETE FROM model_snapshots WHERE name = ? AND event_id = ?", [this.name, eventId]);
      for (let part = 0; part * PART_BYTES < packed.length; part += 1) {
        await tx.write(
          "INSERT INTO model_snapshots (name, event_id, part, body, taken_at) VALUES (?, ?, ?, ?, " +
            DATABASE_NOW_MS +
            ")",
          [this.name, eventId, part, packed.subarray(part * PART_BYTES, (part + 1) * PART_BYTES)],
        );
      }
      await tx.write("DELETE FROM model_snapshots WHERE name = ? AND event_id < ?", [this.name, eventId]);
    });
  }
}
