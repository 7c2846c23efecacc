import {
  BATCH_BYTES,
  type BatchBinding,
  PAYLOAD_BYTES,
  PURPOSES,
  type ServedArticle,
  TAG_CHARACTERS,
  TAG_OFFSET,
  type TrackKind,
  writeArticle,
  writeBatch,
  writeServed,
} from "./payload.js";
import { TokenBytes } from "./token-bytes.js";
import type { TrackKey, TrackKeys } from "./track-keys.js";

/** The four tokens of one article: `v1.<key id>.<payload>.<tag>`, base64url, 67 characters. */
export interface ArticleTokens {
  readonly click: string;
  readonly collect: string;
  readonly read: string;
  readonly liking: string;
}

/** Signing is synchronous, so one buffer serves every signer. */
const bytes = Buffer.alloc(PAYLOAD_BYTES);
const view = new DataView(bytes.buffer, bytes.byteOffset, PAYLOAD_BYTES);

/**
 * Signs the tokens of one batch: what is the batch's is encoded once, and each article takes one HMAC.
 *
 * @example
 * ```ts
 * import { BatchSigner, openTrackKeys, verifyTrackToken } from "@headline/track-token";
 *
 * const keys = openTrackKeys("a secret of at least thirty-two bytes");
 * const signer = new BatchSigner(keys, { userId: 7n, channelId: 0, stamp: 1_000, expiresAtSeconds: 60, bucket: 1 });
 * const { click } = signer.article(97n, 1, 0);
 * console.log(click.length); // 67
 * console.log(verifyTrackToken(keys, "click", click, 59_999).ok); // true
 * console.log(verifyTrackToken(keys, "read", click, 59_999)); // { ok: false, reason: 'wrong signature' }
 * console.log(verifyTrackToken(keys, "click", click, 60_000)); // { ok: false, reason: 'expired' }
 * ```
 */
export class BatchSigner {
  readonly #key: TrackKey;
  readonly #head: string;
  readonly #served: ServedArticle[] = [];
  #bytes: TokenBytes | undefined;

  constructor(
    keys: TrackKeys,
    private readonly batch: BatchBinding,
  ) {
    this.#key = keys.current;
    writeBatch(view, PURPOSES.click, batch);
    this.#head = `v1.${this.#key.id}.${bytes.toString("base64url", 0, BATCH_BYTES)}`;
  }

  article(articleId: bigint, reason: number, position: number): ArticleTokens {
    this.#served.push({ articleId, reason, position });
    writeBatch(view, PURPOSES.click, this.batch);
    writeArticle(view, articleId, reason, position);
    const signature = sign(this.#key, bytes);
    const head = `${this.#head}${bytes.toString("base64url", BATCH_BYTES)}.`;
    return {
      click: head + tag(signature, "click"),
      collect: head + tag(signature, "collect"),
      read: head + tag(signature, "read"),
      liking: head + tag(signature, "liking"),
    };
  }

  /**
   * Writes the tokens of an article as members of a JSON object, TOKENS_BYTES bytes at `at`:
   * `"click":"v1…","collect":"v1…","read":"v1…","liking":"v1…"`.
   */
  write(into: Uint8Array, at: number, { articleId, reason, position }: ServedArticle): void {
    writeBatch(view, PURPOSES.click, this.batch);
    writeArticle(view, articleId, reason, position);
    this.#bytes ??= new TokenBytes(this.#head);
    this.#bytes.write(into, at, bytes, sign(this.#key, bytes));
  }

  /**
   * Returns the token of the batch's exposure. It names the articles served, by default those signed so far, so that no other
   * article can be reported as seen.
   */
  exposure(served: readonly ServedArticle[] = this.#served): string {
    writeBatch(view, PURPOSES.exposure, this.batch);
    writeArticle(view, 0n, 0, 0);
    const payload = Buffer.concat([bytes, writeServed(served)]);
    return `v1.${this.#key.id}.${payload.toString("base64url")}.${tag(sign(this.#key, payload), "exposure")}`;
  }
}

/** HMAC-SHA256 (RFC 2104) over the payload, base64url; the key's id is derived from the key, so it needs no signature. */
export function sign(key: TrackKey, payload: Buffer): string {
  return key.hmac.sign(payload);
}

export function tag(signature: string, kind: TrackKind): string {
  return signature.slice(TAG_OFFSET[kind], TAG_OFFSET[kind] + TAG_CHARACTERS);
}
