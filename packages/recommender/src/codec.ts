import { makeGenericClientConstructor } from "@grpc/grpc-js";
import {
  RecommendServiceClient,
  RecommendServiceService,
  Reply,
  StreamRecommendationsResponse,
  type TokenParts,
} from "./gen/headline/recommend/v1/recommend.js";
import type { Article, Track } from "./gen/user_recommend.js";

/**
 * The bytes of the generated code, made and read in half and in a quarter of its time. Both ways rest on one observation:
 * a message whose strings are ASCII is a Latin-1 string. So a reply is put together as one JavaScript string and written by one native call, and
 * read by one native call and cut. Whether all its strings are ASCII takes a third: as UTF-8 each byte >= 0x80 would
 * take two, and how many of those the varints have is counted on the way.
 *
 * Only what our own encoder writes is handled here. For anything else (an unknown field, a string that is not ASCII, a
 * value out of range) the inner functions answer undefined, and the generated code does it.
 */
export function encodeResponse({ replies }: StreamRecommendationsResponse): Buffer {
  const pieces: string[] = [];
  let length = 0;
  for (const reply of replies) {
    const text = fastReply(reply) ?? latin1(Reply.encode(reply).finish());
    const piece = `\x0a${size(text.length)}`;
    pieces.push(piece, text);
    length += piece.length + text.length;
  }
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const piece of pieces) at += bytes.write(piece, at, "latin1");
  return bytes;
}

export function decodeResponse(bytes: Buffer): StreamRecommendationsResponse {
  return cutResponse(bytes) ?? StreamRecommendationsResponse.decode(bytes);
}

/** RecommendService with these functions for the answers of its stream; questions are too small to gain from it. */
export const TunedRecommendService = {
  ...RecommendServiceService,
  streamRecommendations: {
    ...RecommendServiceService.streamRecommendations,
    responseSerialize: encodeResponse,
    responseDeserialize: decodeResponse,
  },
} as const satisfies typeof RecommendServiceService;

/** Client of the stream with its own codec. */
export const TunedRecommendServiceClient = makeGenericClientConstructor(
  TunedRecommendService,
  RecommendServiceClient.serviceName,
) as unknown as typeof RecommendServiceClient;

// ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Bytes >= 0x80 that were written or read as parts of varints. */
let high = 0;
const int64 = new BigInt64Array(1);
const halves = new Uint32Array(int64.buffer);

/** Lengths of one varint byte, the common ones, made once. */
const sizes = Array.from({ length: 128 }, (_, value) => String.fromCharCode(value));

function size(value: number): string {
  return sizes[value] ?? varint32(value);
}

function varint32(value: number): string {
  let rest = value >>> 0;
  let text = "";
  while (rest >= 128) {
    text += String.fromCharCode((rest & 127) | 128);
    rest >>>= 7;
    high++;
  }
  return text + String.fromCharCode(rest);
}

/** undefined when the value is no int64. */
function varint64(value: bigint): string | undefined {
  int64[0] = value;
  if (int64[0] !== value) return undefined;
  let low = halves[0] as number;
  let top = halves[1] as number;
  if (top === 0) return varint32(low);
  // An id or a millisecond takes six bytes or more: the first four at once.
  high += 4;
  let text = String.fromCharCode(
    (low & 127) | 128,
    ((low >>> 7) & 127) | 128,
    ((low >>> 14) & 127) | 128,
    ((low >>> 21) & 127) | 128,
  );
  low = ((low >>> 28) | (top << 4)) >>> 0;
  top >>>= 28;
  while (low >= 128 || top > 0) {
    text += String.fromCharCode((low & 127) | 128);
    low = ((low >>> 7) | (top << 25)) >>> 0;
    top >>>= 7;
    high++;
  }
  return text + String.fromCharCode(low);
}

function field64(tag: string, value: bigint): string | undefined {
  if (value === 0n) return "";
  const digits = varint64(value);
  return digits === undefined ? undefined : tag + digits;
}

function fieldText(tag: string, value: string): string {
  return value === "" ? "" : tag + size(value.length) + value;
}

function isUint31(value: number): boolean {
  return value === value >>> 0 && value <= 0x7f_ff_ff_ff;
}

/** The text is the message, byte by byte: every string in it was ASCII. */
function isExact(text: string): boolean {
  return Buffer.byteLength(text) === text.length + high;
}

function fastReply({ id, outcome }: Reply): string | undefined {
  if (outcome?.$case !== "answer" || !isUint31(id)) return undefined;
  const { response, mode, stamp, algo, reasons, without, tokenParts } = outcome.answer;
  if (without.length > 0 || !response || !isUint31(mode)) return undefined;
  high = 0;
  const since = field64("\x10", response.timeStamp);
  if (since === undefined) return undefined;
  let inner = fieldText("\x0a", response.exposure) + since;
  for (const article of response.recommends) {
    const text = fastArticle(article);
    if (text === undefined) return undefined;
    inner += `\x1a${size(text.length)}${text}`;
  }
  const stamped = field64("\x18", stamp);
  if (stamped === undefined) return undefined;
  let answer = `\x0a${size(inner.length)}${inner}`;
  if (mode !== 0) answer += `\x10${size(mode)}`;
  answer += stamped + fieldText("\x22", algo);
  if (reasons.length > 0) {
    let packed = "";
    for (const reason of reasons) {
      if (!isUint31(reason)) return undefined;
      packed += size(reason);
    }
    answer += `\x2a${size(packed.length)}${packed}`;
  }
  if (tokenParts !== undefined) {
    const parts = fastTokenParts(tokenParts);
    if (parts === undefined) return undefined;
    answer += `\x3a${size(parts.length)}${parts}`;
  }
  const text = `${id === 0 ? "" : `\x08${size(id)}`}\x12${size(answer.length)}${answer}`;
  return isExact(text) ? text : undefined;
}

function fastArticle({ articleId, track }: Article): string | undefined {
  const id = field64("\x08", articleId);
  if (id === undefined || !track) return id;
  const { click, collect, read, liking } = track;
  const inner =
    fieldText("\x0a", click) + fieldText("\x12", collect) + fieldText("\x22", read) + fieldText("\x2a", liking);
  return `${id}\x12${size(inner.length)}${inner}`;
}

function fastTokenParts({ bucket, expiresAt, confirmable, positions }: TokenParts): string | undefined {
  if (!isUint31(bucket) || !isUint31(expiresAt)) return undefined;
  let parts = bucket === 0 ? "" : `\x08${size(bucket)}`;
  if (expiresAt !== 0) parts += `\x10${size(expiresAt)}`;
  if (confirmable) parts += "\x18\x01";
  if (positions.length === 0) return parts;
  let packed = "";
  for (const position of positions) {
    if (!isUint31(position)) return undefined;
    packed += size(position);
  }
  return `${parts}\x22${size(packed.length)}${packed}`;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

// ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where the reading is. A position beyond the end, or NaN, says that the bytes are not what our encoder writes. */
const nothing = new Uint8Array();
let source: Uint8Array = nothing;
let at = 0;
/** The Latin-1 text of the part that strings are cut from, and where it starts in the source. */
let text = "";
let textAt = 0;

/** A varint of at most 31 bits; a longer one moves the position beyond every end. */
function uint31(): number {
  let value = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = source[at++] as number;
    value |= (byte & 127) << shift;
    if (byte < 128) return value;
    high++;
  }
  const last = source[at++] as number;
  if (last < 8) return value | (last << 28);
  at = Number.NaN;
  return 0;
}

function bigint(): bigint {
  let low = 0;
  let top = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = source[at++] as number;
    low |= (byte & 127) << shift;
    if (byte < 128) return join(low, 0);
    high++;
  }
  const middle = source[at++] as number;
  low |= (middle & 127) << 28;
  top = (middle & 127) >>> 4;
  if (middle < 128) return join(low, top);
  high++;
  for (let shift = 3; shift <= 31; shift += 7) {
    const byte = source[at++] as number;
    top |= (byte & 127) << shift;
    if (byte < 128) return join(low, top);
    high++;
  }
  at = Number.NaN;
  return 0n;
}

function join(low: number, top: number): bigint {
  halves[0] = low;
  halves[1] = top;
  return int64[0] as bigint;
}

function cut(): string {
  const length = uint31();
  const from = at - textAt;
  at += length;
  return text.substring(from, from + length);
}

/** The end of a part that starts here, or NaN when it would reach beyond `limit`. */
function part(limit: number): number {
  const end = uint31() + at;
  return end <= limit ? end : Number.NaN;
}

function cutResponse(bytes: Buffer): StreamRecommendationsResponse | undefined {
  source = bytes;
  at = 0;
  const replies: Reply[] = [];
  while (at < bytes.length) {
    if (source[at++] !== 0x0a) return undefined;
    const reply = cutReply(bytes, part(bytes.length));
    if (!reply) return undefined;
    replies.push(reply);
  }
  source = nothing;
  text = "";
  return at === bytes.length ? { replies } : undefined;
}

function cutReply(bytes: Buffer, end: number): Reply | undefined {
  textAt = at;
  text = bytes.toString("latin1", at, end);
  high = 0;
  let id = 0;
  if (source[at] === 0x08) {
    at++;
    id = uint31();
  }
  const outcome = source[at++];
  if (part(end) !== end) return undefined;
  if (outcome === 0x1a) return cutFailure(id, end);
  if (outcome !== 0x12 || source[at++] !== 0x0a) return undefined;
  const responseEnd = part(end);
  const response = { exposure: "", timeStamp: 0n, recommends: [] as Article[] };
  while (at < responseEnd) {
    const tag = source[at++];
    if (tag === 0x1a) {
      const article = cutArticle(responseEnd);
      if (!article) return undefined;
      response.recommends.push(article);
    } else if (tag === 0x0a) response.exposure = cut();
    else if (tag === 0x10) response.timeStamp = bigint();
    else return undefined;
  }
  if (at !== responseEnd) return undefined;
  const answer = {
    response,
    mode: 0,
    stamp: 0n,
    algo: "",
    reasons: [] as number[],
    without: [] as number[],
    tokenParts: undefined as TokenParts | undefined,
  };
  while (at < end) {
    const tag = source[at++];
    if (tag === 0x10) answer.mode = uint31();
    else if (tag === 0x18) answer.stamp = bigint();
    else if (tag === 0x22) answer.algo = cut();
    else if (tag === 0x2a) {
      const packedEnd = part(end);
      while (at < packedEnd) answer.reasons.push(uint31());
      if (at !== packedEnd) return undefined;
    } else if (tag === 0x3a && answer.tokenParts === undefined) {
      answer.tokenParts = cutTokenParts(end);
      if (!answer.tokenParts) return undefined;
    } else return undefined;
  }
  return at === end && isExact(text) ? { id, outcome: { $case: "answer", answer } } : undefined;
}

function cutTokenParts(limit: number): TokenParts | undefined {
  const end = part(limit);
  const parts = { bucket: 0, expiresAt: 0, confirmable: false, positions: [] as number[] };
  while (at < end) {
    const tag = source[at++];
    if (tag === 0x08) parts.bucket = uint31();
    else if (tag === 0x10) parts.expiresAt = uint31();
    else if (tag === 0x18) {
      if (source[at++] !== 1) return undefined;
      parts.confirmable = true;
    } else if (tag === 0x22) {
      const packedEnd = part(end);
      while (at < packedEnd) parts.positions.push(uint31());
      if (at !== packedEnd) return undefined;
    } else return undefined;
  }
  return at === end ? parts : undefined;
}

function cutFailure(id: number, end: number): Reply | undefined {
  const failure = { code: 0, message: "" };
  while (at < end) {
    const tag = source[at++];
    if (tag === 0x08) failure.code = uint31();
    else if (tag === 0x12) failure.message = cut();
    else return undefined;
  }
  return at === end && isExact(text) ? { id, outcome: { $case: "failure", failure } } : undefined;
}

function cutArticle(limit: number): Article | undefined {
  const end = part(limit);
  let articleId = 0n;
  let track: Track | undefined;
  while (at < end) {
    const tag = source[at++];
    if (tag === 0x08) articleId = bigint();
    else if (tag === 0x12) {
      track = cutTrack(end);
      if (!track) return undefined;
    } else return undefined;
  }
  return at === end ? { articleId, track } : undefined;
}

function cutTrack(limit: number): Track | undefined {
  const end = part(limit);
  const track = { click: "", collect: "", read: "", liking: "" };
  while (at < end) {
    const tag = source[at++];
    if (tag === 0x0a) track.click = cut();
    else if (tag === 0x12) track.collect = cut();
    else if (tag === 0x22) track.read = cut();
    else if (tag === 0x2a) track.liking = cut();
    else return undefined;
  }
  return at === end ? track : undefined;
}
