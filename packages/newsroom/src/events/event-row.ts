import { DISLIKE_WHYS, EVENT_KINDS, occurrenceHex, type TrackedEvent } from "./tracked-event.js";

/** An event as it travels, in the stream and into MySQL: a JSON array, its ids as digits. It ends before why and network where there are none. */
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
    ...(event.network !== undefined ? [event.why ?? null, event.network] : event.why === undefined ? [] : [event.why]),
  ]);
}

/** @throws TypeError for what encodeEvent did not write. */
export function decodeEvent(row: unknown): TrackedEvent {
  if (!Array.isArray(row) || row.length < 12 || row.length > 14)
    throw new TypeError("an event is an array of twelve to fourteen");
  const [kind, userId, channelId, stamp, articleId, occurrence, ...others] = row as unknown[];
  const [reason, position, bucket, durationMs, happenedAtMs, acceptedAtMs, why, network] = others;
  return {
    kind: oneOf(EVENT_KINDS, kind),
    userId: bigintOf(userId),
    articleId: bigintOf(articleId),
    channelId: wholeNumber(channelId),
    stamp: wholeNumber(stamp),
    reason: wholeNumber(reason),
    position: wholeNumber(position),
    bucket: wholeNumber(bucket),
    durationMs: durationMs === null ? undefined : wholeNumber(durationMs),
    why: why === undefined || why === null ? undefined : oneOf(DISLIKE_WHYS, why),
    ...(network === undefined ? {} : { network: wholeNumber(network) }),
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

function oneOf<Name extends string>(names: readonly Name[], value: unknown): Name {
  const known = names.find((name) => name === value);
  if (known === undefined) throw new TypeError(`a field of an event is one of ${names.join(", ")}`);
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
