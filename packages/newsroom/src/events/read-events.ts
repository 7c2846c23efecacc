import { limitOf, type Mysql } from "@headline/mysql";
import { occurrenceOf } from "./event-row.js";
import type { DislikeWhy, EventKind, LandedEvent } from "./tracked-event.js";

interface EventRow {
  readonly id: string;
  readonly user_id: string;
  readonly channel_id: number;
  readonly stamp: string;
  readonly article_id: string;
  readonly kind: EventKind;
  readonly occurrence: string;
  readonly reason: number;
  readonly position: number;
  readonly bucket: number;
  readonly duration_ms: number | null;
  readonly why: DislikeWhy | null;
  readonly network: string | null;
  readonly happened_at: string;
  readonly accepted_at: string;
  readonly landed_at: string;
}

/** Up to `count` events that landed after the one with this id, in order. */
export async function readEvents(mysql: Mysql, after: bigint, count: number): Promise<readonly LandedEvent[]> {
  if (!Number.isInteger(count) || count < 1) throw new RangeError("a page of events has at least one");
  const rows = await mysql.query<EventRow>(
    `SELECT id, user_id, channel_id, stamp, article_id, kind, HEX(occurrence) AS occurrence, reason, position, bucket,
            duration_ms, why, network, happened_at, accepted_at, landed_at
       FROM events WHERE id > ? ORDER BY id LIMIT ?`,
    [after, limitOf(count)],
  );
  return rows.map(toEvent);
}

/** The id of the newest event, 0n when there is none: where to follow from what is yet to come. */
export async function newestEventId(mysql: Mysql): Promise<bigint> {
  const [row] = await mysql.query<{ id: string | null }>("SELECT MAX(id) AS id FROM events");
  return BigInt(row?.id ?? 0);
}

function toEvent(row: EventRow): LandedEvent {
  return {
    id: BigInt(row.id),
    kind: row.kind,
    userId: BigInt(row.user_id),
    articleId: BigInt(row.article_id),
    channelId: row.channel_id,
    stamp: Number(row.stamp),
    reason: row.reason,
    position: row.position,
    bucket: row.bucket,
    durationMs: row.duration_ms ?? undefined,
    why: row.why ?? undefined,
    network: row.network === null ? undefined : Number(row.network),
    happenedAtMs: Number(row.happened_at),
    acceptedAtMs: Number(row.accepted_at),
    landedAtMs: Number(row.landed_at),
    occurrence: occurrenceOf(row.occurrence),
  };
}
