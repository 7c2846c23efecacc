import { type ArticleTokens, type BatchSigner, type ServedArticle, TOKENS_BYTES } from "@headline/track-token";
import type { Track } from "./page.js";

/** Tokens of an article that are signed where they are written into a page, or read. */
export class SignedTrack implements Track {
  #tokens: ArticleTokens | undefined;

  constructor(
    private readonly signer: BatchSigner,
    private readonly article: ServedArticle,
  ) {}

  /** Writes the tokens as members of a JSON object; returns the offset behind them. */
  write(into: Uint8Array, at: number): number {
    this.signer.write(into, at, this.article);
    return at + TOKENS_BYTES;
  }

  get click(): string {
    return this.#signed().click;
  }

  get collect(): string {
    return this.#signed().collect;
  }

  get read(): string {
    return this.#signed().read;
  }

  get liking(): string {
    return this.#signed().liking;
  }

  #signed(): ArticleTokens {
    const { articleId, reason, position } = this.article;
    this.#tokens ??= this.signer.article(articleId, reason, position);
    return this.#tokens;
  }
}
