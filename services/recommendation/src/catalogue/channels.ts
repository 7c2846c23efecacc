import type { Mysql } from "@headline/mysql";
import { readChannelIds } from "@headline/newsroom/channels";
import { poll } from "@headline/service/timing";
import { ALL_CHANNELS } from "./catalogue.js";

const REFRESH_MS = 10_000;

/** The channels there are. 0, "recommended", always is one. */
export class Channels {
  #ids: ReadonlySet<number> = new Set([ALL_CHANNELS]);

  constructor(private readonly mysql: Mysql) {}

  has(channelId: number): boolean {
    return this.#ids.has(channelId);
  }

  async load(): Promise<void> {
    this.#ids = await readChannelIds(this.mysql);
  }

  /** Reads them again from time to time until the returned function is called. */
  keepLoading(onError: (error: unknown) => void): () => void {
    const stopped = new AbortController();
    void poll(() => this.load(), { everyMs: REFRESH_MS, signal: stopped.signal, onError, ref: false });
    return () => stopped.abort();
  }
}
