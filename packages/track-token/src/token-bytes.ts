import {
  ARTICLE_CHARACTERS,
  BATCH_BYTES,
  BATCH_CHARACTERS,
  PAYLOAD_BYTES,
  TAG_CHARACTERS,
  TAG_OFFSET,
} from "./payload.js";

const KINDS = ["click", "collect", "read", "liking"] as const;
/** Characters before a token's payload: `v1.<key id>.`. */
const PREFIX_CHARACTERS = 8;
/** Where the article's part and the tag begin in a token. */
const ARTICLE_AT = PREFIX_CHARACTERS + BATCH_CHARACTERS;
const TAG_AT = ARTICLE_AT + ARTICLE_CHARACTERS + 1;

const BLANK = `${"-".repeat(ARTICLE_CHARACTERS)}.${"-".repeat(TAG_CHARACTERS)}`;
const BASE64URL = Uint8Array.from(Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"));

/** Where each token begins in the text of all four. */
const [CLICK, COLLECT, READ, LIKING] = placesOf(membersOf("-".repeat(ARTICLE_AT)));

/** Bytes of the four tokens of an article as members of a JSON object: `"click":"v1…","collect":"v1…","read":"v1…","liking":"v1…"`. */
export const TOKENS_BYTES = membersOf("-".repeat(ARTICLE_AT)).length;

/** The four tokens of a batch's articles as bytes: what is the batch's is copied, and the rest is put into its places. */
export class TokenBytes {
  readonly #template: Uint8Array;

  /** `head` is what the tokens of the batch begin with, its payload included. */
  constructor(head: string) {
    this.#template = Buffer.from(membersOf(head), "latin1");
  }

  /** Writes TOKENS_BYTES bytes at `at`. */
  write(into: Uint8Array, at: number, payload: Uint8Array, signature: string): void {
    into.set(this.#template, at);
    writeArticles(into, at + ARTICLE_AT, payload);
    writeTags(into, at + TAG_AT, signature);
  }
}

/** The same base64url of the article's part in all four tokens: twelve bytes, three of them four characters. */
function writeArticles(into: Uint8Array, at: number, payload: Uint8Array): void {
  let place = at;
  for (let from = BATCH_BYTES; from < PAYLOAD_BYTES; from += 3, place += 4) {
    const bits = (payload[from]! << 16) | (payload[from + 1]! << 8) | payload[from + 2]!;
    writeFour(into, place, BASE64URL[bits >> 18]!);
    writeFour(into, place + 1, BASE64URL[(bits >> 12) & 63]!);
    writeFour(into, place + 2, BASE64URL[(bits >> 6) & 63]!);
    writeFour(into, place + 3, BASE64URL[bits & 63]!);
  }
}

function writeFour(into: Uint8Array, at: number, code: number): void {
  into[at + CLICK] = code;
  into[at + COLLECT] = code;
  into[at + READ] = code;
  into[at + LIKING] = code;
}

function writeTags(into: Uint8Array, at: number, signature: string): void {
  for (let character = 0; character < TAG_CHARACTERS; character += 1) {
    into[at + CLICK + character] = signature.charCodeAt(TAG_OFFSET.click + character);
    into[at + COLLECT + character] = signature.charCodeAt(TAG_OFFSET.collect + character);
    into[at + READ + character] = signature.charCodeAt(TAG_OFFSET.read + character);
    into[at + LIKING + character] = signature.charCodeAt(TAG_OFFSET.liking + character);
  }
}

function membersOf(head: string): string {
  return KINDS.map((kind) => `"${kind}":"${head}${BLANK}"`).join(",");
}

function placesOf(members: string): [number, number, number, number] {
  const [click, collect, read, liking] = KINDS.map((kind) => members.indexOf(`"${kind}":"`) + `"${kind}":"`.length);
  return [click!, collect!, read!, liking!];
}
