import { LRUCache } from "lru-cache";
import type { Pick } from "./page.js";

const PAGES_MAX = 5_000;
const TTL_MS = 30 * 60 * 1_000;

/** Picks of each reader's last page of a channel, in memory for half an hour. */
export class LastPages {
  readonly #picks = new LRUCache<string, readonly Pick[]>({ max: PAGES_MAX, ttl: TTL_MS });

  get(userId: bigint, channelId: number): readonly Pick[] | undefined {
    return this.#picks.get(`${userId} ${channelId}`);
  }

  /** Keeps articles and reasons without their tokens: most pages are never shown again, and tokens take memory. */
  set(userId: bigint, channelId: number, picks: readonly Pick[]): void {
    const kept = picks.map(({ articleId, reason }) => ({ articleId, reason, track: undefined }));
    this.#picks.set(`${userId} ${channelId}`, kept);
  }
}
