import { LRUCache } from "lru-cache";
import type { Page, Pick } from "./page.js";

const PAGES_MAX = 5_000;
const TTL_MS = 30 * 60 * 1_000;

/** What was on each reader's last page of a channel, for when the recommendation service does not answer. */
export class LastPages {
  readonly #picks = new LRUCache<string, readonly Pick[]>({ max: PAGES_MAX, ttl: TTL_MS });

  get(userId: bigint, channelId: number): readonly Pick[] | undefined {
    return this.#picks.get(`${userId} ${channelId}`);
  }

  /** Keeps which articles and why, not their tokens: most pages are never looked at again, and keeping them costs memory. */
  set(userId: bigint, channelId: number, { picks }: Page): void {
    const kept = picks.map(({ articleId, reason }) => ({ articleId, reason, track: undefined }));
    this.#picks.set(`${userId} ${channelId}`, kept);
  }
}
