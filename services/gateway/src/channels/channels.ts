import type { Mysql } from "@headline/mysql";
import { ALL_CHANNELS, type Channel, RECOMMENDED, readChannels } from "@headline/newsroom/channels";
import type { Redis } from "@headline/redis";
import { Refusal } from "@headline/service/errors";
import type { OnUnreadable } from "@headline/service/metrics";
import { poll } from "@headline/service/timing";
import { invalid } from "../http/read.js";
import { LastChannels } from "./last-channels.js";

const REFRESH_MS = 10_000;

interface Deps {
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly onRedisError: (error: unknown) => void;
  readonly onUnreadable: OnUnreadable;
}

/** The channels and what is pinned in them, in memory, read again every few seconds. 0, "recommended", always is one. */
export class Channels {
  readonly #last: LastChannels;
  #byId: ReadonlyMap<number, Channel> = new Map([[ALL_CHANNELS, RECOMMENDED]]);
  #isKnown = false;

  constructor(private readonly parts: Deps) {
    this.#last = new LastChannels(parts.redis, parts.onUnreadable("channel"));
  }

  /** @throws Refusal UNAVAILABLE while the channels are not loaded. */
  get(channelId: number): Channel | undefined {
    const channel = this.#byId.get(channelId);
    if (channel === undefined) this.#mustBeKnown();
    return channel;
  }

  /** The channel a caller named. @throws Refusal INVALID_ARGUMENT when it is none. */
  named(channelId: number): Channel {
    const channel = this.get(channelId);
    if (channel === undefined) throw invalid("channel_id", `${channelId} is not a channel; see GET /channels`);
    return channel;
  }

  /** In the order to show them. @throws Refusal UNAVAILABLE when they are not known yet. */
  all(): readonly Channel[] {
    this.#mustBeKnown();
    return [...this.#byId.values()];
  }

  /** Of those that are known. */
  ids(): readonly number[] {
    return [...this.#byId.keys()];
  }

  /** Rejects when MySQL does not answer; what was known still is, and at first what gateways before this one knew. */
  async load(): Promise<void> {
    const { mysql, onRedisError } = this.parts;
    try {
      const channels = await readChannels(mysql);
      this.#take(channels);
      this.#last.keep(channels).catch(onRedisError);
    } catch (error) {
      if (!this.#isKnown) await this.#recall().catch(onRedisError);
      throw error;
    }
  }

  /** Reads them again from time to time until the returned function is called. */
  keepLoading(onError: (error: unknown) => void): () => void {
    const stopped = new AbortController();
    void poll(() => this.load(), { everyMs: REFRESH_MS, signal: stopped.signal, onError, ref: false });
    return () => stopped.abort();
  }

  async #recall(): Promise<void> {
    const channels = await this.#last.recall();
    if (channels !== undefined) this.#take(channels);
  }

  #take(channels: readonly Channel[]): void {
    this.#byId = new Map(channels.map((channel) => [channel.id, channel]));
    this.#isKnown = true;
  }

  #mustBeKnown(): void {
    if (this.#isKnown) return;
    throw new Refusal("UNAVAILABLE", "the channels cannot be read right now", { retryAfterSeconds: 1 });
  }
}
