import type { Mysql } from "@headline/mysql";
import { newestPublished, type PublishedArticle } from "@headline/newsroom/articles";
import type { Change } from "@headline/newsroom/changes";
import { jitter } from "@headline/service/timing";
import type { Blocks } from "../users/blocks.js";
import type { PushSocket } from "./push-events.js";

interface WatchDeps {
  readonly mysql: Mysql;
  readonly blocks: Blocks;
  /** Shortest time between two notices to a client. */
  readonly everyMs: number;
  readonly send: (socket: PushSocket, updates: { channel_id: string; count: number }) => void;
  readonly onError: (error: unknown) => void;
}

interface Watcher {
  readonly socket: PushSocket;
  readonly channelId: number;
  readonly sinceMs: number;
  sentCount: number;
}

const COUNT_MAX = 100;
const NONE: ReadonlySet<bigint> = new Set();

/**
 * Sends watching clients the number of articles published in their channel since they refreshed, up to 100, without their
 * own and those of authors whom they have blocked: one short read for each watched channel, at most one in `everyMs`.
 */
export class UpdateWatch implements Disposable {
  readonly #watchers = new Map<string, Watcher>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(private readonly deps: WatchDeps) {}

  /** Watches one channel for a client, instead of the one before. */
  watch(socket: PushSocket, channelId: number, sinceMs: number): void {
    this.#watchers.set(socket.id, { socket, channelId, sinceMs, sentCount: 0 });
    this.#countSoon();
  }

  unwatch(socket: PushSocket): void {
    this.#watchers.delete(socket.id);
  }

  /** Counts again soon when an article has changed. */
  onChanges(changes: readonly Change[]): void {
    if (this.#watchers.size > 0 && changes.some(({ topic }) => topic === "article")) this.#countSoon();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #countSoon(): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => void this.#count(), jitter(this.deps.everyMs)).unref();
  }

  async #count(): Promise<void> {
    this.#timer = undefined;
    const byChannel = new Map<number, Watcher[]>();
    for (const watcher of this.#watchers.values()) {
      const known = byChannel.get(watcher.channelId);
      if (known === undefined) byChannel.set(watcher.channelId, [watcher]);
      else known.push(watcher);
    }
    try {
      for (const [channelId, watchers] of byChannel) {
        const published = await newestPublished(this.deps.mysql, channelId, COUNT_MAX);
        const blocked = await this.deps.blocks.ofMany(watchers.map(({ socket }) => socket.data.userId));
        for (const watcher of watchers) {
          const isStill = this.#watchers.get(watcher.socket.id) === watcher;
          if (isStill) this.#sendCount(watcher, published, blocked.get(watcher.socket.data.userId) ?? NONE);
        }
      }
    } catch (error) {
      this.deps.onError(error);
      this.#countSoon();
    }
  }

  #sendCount(watcher: Watcher, published: readonly PublishedArticle[], blocked: ReadonlySet<bigint>): void {
    const { socket, channelId, sinceMs } = watcher;
    let count = 0;
    for (const { authorId, publishedAtMs } of published) {
      if (publishedAtMs <= sinceMs) break;
      if (authorId !== socket.data.userId && !blocked.has(authorId)) count += 1;
    }
    if (count === 0 || count === watcher.sentCount) return;
    watcher.sentCount = count;
    this.deps.send(socket, { channel_id: String(channelId), count });
  }
}
