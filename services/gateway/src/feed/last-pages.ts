import { LRUCache } from "lru-cache";
import type { Page } from "./page.js";

const PAGES_MAX = 5_000;
const TTL_MS = 30 * 60 * 1_000;

/** Each reader's last page of a channel, for when the recommendation service does not answer. */
export class LastPages {
  readonly #pages = new LRUCache<string, Page>({ max: PAGES_MAX, ttl: TTL_MS });

  get(userId: bigint, channelId: number): Page | undefined {
    return this.#pages.get(`${userId} ${channelId}`);
  }

  set(userId: bigint, channelId: number, page: Page): void {
    this.#pages.set(`${userId} ${channelId}`, page);
  }
}
