import type { Mysql } from "@headline/mysql";
import { newestPublished, type PublishedArticle } from "@headline/newsroom/articles";
import type { Change } from "@headline/newsroom/changes";
import type { Blocks } from "../users/blocks.js";
import type { PushSocket } from "./push-events.js";

interface Parts {
  readonly mysql: Mysql;
  readonly blocks: Blocks;
  /** Shortest time between two notices to a client. */
  readonly everyMs: number;
  readonly tell: (socket: PushSocket, updates: { channel_id: string; count: number }) => void;
  readonly onError: (error: unknown) => void;
}

interface Watcher {
  readonly socket: PushSocket;
  readonly channelId: number;
  readonly sinceMs: number;
  toldCount: number;
}

const COUNT_MAX = 100;
const NONE: ReadonlySet<bigint> = new Set();

/**
 * Tells watching clients how many articles were published in their channel since they refreshed, up to 100, without their own and those of authors
 * whom they have blocked:
 * one short read for each watched channel, however many watch, and at most one every few seconds.
 */
export class UpdateWatch implements Disposable {
  readonly #watchers = new Map<string, Watcher>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(private readonly parts: Parts) {}

  /** A client watches one channel; the next one takes its place. */
  watch(socket: PushSocket, channelId: number, sinceMs: number): void {
    this.#watchers.set(socket.id, { socket, channelId, sinceMs, toldCount: 0 });
    this.#lookSoon();
  }

  unwatch(socket: PushSocket): void {
    this.#watchers.delete(socket.id);
  }

  tell(changes: readonly Change[]): void {
    if (this.#watchers.size > 0 && changes.some(({ topic }) => topic === "article")) this.#lookSoon();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #lookSoon(): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => void this.#look(), this.parts.everyMs * (0.8 + Math.random() / 5)).unref();
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    const byChannel = new Map<number, Watcher[]>();
    for (const watcher of this.#watchers.values()) {
      const others = byChannel.get(watcher.channelId);
      if (others === undefined) byChannel.set(watcher.channelId, [watcher]);
      else others.push(watcher);
    }
    try {
      for (const [channelId, watchers] of byChannel) {
        const published = await newestPublished(this.parts.mysql, channelId, COUNT_MAX);
        const blocked = await this.parts.blocks.ofMany(watchers.map(({ socket }) => socket.data.userId));
        for (const watcher of watchers) {
          const isStill = this.#watchers.get(watcher.socket.id) === watcher;
          if (isStill) this.#tellOne(watcher, published, blocked.get(watcher.socket.data.userId) ?? NONE);
        }
      }
    } catch (error) {
      this.parts.onError(error);
      this.#lookSoon();
    }
  }

  #tellOne(watcher: Watcher, published: readonly PublishedArticle[], blocked: ReadonlySet<bigint>): void {
    const { socket, channelId, sinceMs } = watcher;
    let count = 0;
    for (const { authorId, publishedAtMs } of published) {
      if (publishedAtMs <= sinceMs) break;
      if (authorId !== socket.data.userId && !blocked.has(authorId)) count += 1;
    }
    if (count === 0 || count === watcher.toldCount) return;
    watcher.toldCount = count;
    this.parts.tell(socket, { channel_id: String(channelId), count });
  }
}
