import { EVENT_KINDS, type EventKind, occurrenceHex, type TrackedEvent } from "./tracked-event.js";

/** An event as it travels, in the stream and into MySQL: a JSON array, its ids as digits. */
export function encodeEvent(event: TrackedEvent): string {
  return JSON.stringify([
    event.kind,
    String(event.userId),
    event.channelId,
    event.stamp,
    String(event.articleId),
    occurrenceHex(event.occurrence),
    event.reason,
    event.position,
    event.bucket,
    event.durationMs ?? null,
    event.happenedAtMs,
    event.acceptedAtMs,
  ]);
}

/** @throws TypeError for what encodeEvent did not write. */
export function decodeEvent(row: unknown): TrackedEvent {
  if (!Array.isArray(row) || row.length !== 12) throw new TypeError("an event is an array of twelve");
  const [kind, userId, channelId, stamp, articleId, occurrence, ...numbers] = row as unknown[];
  const [reason, position, bucket, durationMs, happenedAtMs, acceptedAtMs] = numbers;
  return {
    kind: oneOfKinds(kind),
    userId: bigintOf(userId),
    articleId: bigintOf(articleId),
    channelId: wholeNumber(channelId),
    stamp: wholeNumber(stamp),
    reason: wholeNumber(reason),
    position: wholeNumber(position),
    bucket: wholeNumber(bucket),
    durationMs: durationMs === null ? undefined : wholeNumber(durationMs),
    happenedAtMs: wholeNumber(happenedAtMs),
    acceptedAtMs: wholeNumber(acceptedAtMs),
    occurrence: occurrenceOf(occurrence),
  };
}

/** The UUID of 32 hexadecimal digits; undefined for zeroes. */
export function occurrenceOf(hex: unknown): string | undefined {
  if (typeof hex !== "string" || !/^[0-9a-f]{32}$/i.test(hex)) throw new TypeError("an occurrence is sixteen bytes");
  if (/^0+$/.test(hex)) return undefined;
  return hex.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function oneOfKinds(kind: unknown): EventKind {
  const known = EVENT_KINDS.find((name) => name === kind);
  if (known === undefined) throw new TypeError("an event has a kind");
  return known;
}

function bigintOf(digits: unknown): bigint {
  if (typeof digits !== "string" || !/^-?\d{1,19}$/.test(digits)) throw new TypeError("an id is digits");
  return BigInt(digits);
}

function wholeNumber(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new TypeError("a field of an event is a whole number");
  return value as number;
}
