import type { Mysql } from "@headline/mysql";
import { invalid } from "../http/read.js";

export interface Channel {
  readonly id: number;
  readonly name: string;
  readonly nameEn: string;
  /** Articles that come first on a refresh, the first one first. */
  readonly pinned: readonly bigint[];
}

const REFRESH_MS = 10_000;
const RECOMMENDED: Channel = { id: 0, name: "推荐", nameEn: "For you", pinned: [] };

/** The channels and what is pinned in them, in memory, read again every few seconds. 0, "recommended", always is one. */
export class Channels {
  #byId: ReadonlyMap<number, Channel> = new Map([[0, RECOMMENDED]]);
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly mysql: Mysql) {}

  get(channelId: number): Channel | undefined {
    return this.#byId.get(channelId);
  }

  /** The channel a caller named. @throws Refusal INVALID_ARGUMENT when it is none. */
  named(channelId: number): Channel {
    const channel = this.get(channelId);
    if (channel === undefined) throw invalid("channel_id", `${channelId} is not a channel; see GET /channels`);
    return channel;
  }

  /** In the order to show them. */
  all(): readonly Channel[] {
    return [...this.#byId.values()];
  }

  async load(): Promise<void> {
    const [rows, pins] = await Promise.all([
      this.mysql.query<{ id: number; name: string; name_en: string }>(
        "SELECT id, name, name_en FROM channels ORDER BY position",
      ),
      this.mysql.query<{ channel_id: number; article_id: string }>(
        "SELECT channel_id, article_id FROM pinned_articles ORDER BY channel_id, position",
      ),
    ]);
    const pinned = (id: number) => pins.filter((pin) => pin.channel_id === id).map((pin) => BigInt(pin.article_id));
    const channels = rows.map((row) => ({ id: row.id, name: row.name, nameEn: row.name_en, pinned: pinned(row.id) }));
    const recommended = channels.find(({ id }) => id === 0) ?? { ...RECOMMENDED, pinned: pinned(0) };
    this.#byId = new Map(
      [recommended, ...channels.filter(({ id }) => id !== 0)].map((channel) => [channel.id, channel]),
    );
  }

  /** Reads them again from time to time until the returned function is called. */
  keepLoading(onError: (error: unknown) => void): () => void {
    this.#timer = setInterval(() => void this.load().catch(onError), REFRESH_MS);
    this.#timer.unref();
    return () => clearInterval(this.#timer);
  }
}
