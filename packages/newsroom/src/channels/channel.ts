import type { Mysql } from "@headline/mysql";

export interface Channel {
  readonly id: number;
  readonly name: string;
  readonly nameEn: string;
  /** Articles that come first on a refresh, the first one first. */
  readonly pinned: readonly bigint[];
}

/** Id of the channel "recommended", which recommends from all others. */
export const ALL_CHANNELS = 0;

/** The channel "recommended" where the table has no row of it. */
export const RECOMMENDED: Channel = { id: ALL_CHANNELS, name: "推荐", nameEn: "For you", pinned: [] };

/** Channels in the order to show them, with their pinned articles; "recommended" is always there and first. */
export async function readChannels(mysql: Mysql): Promise<readonly Channel[]> {
  const [rows, pins] = await Promise.all([
    mysql.query<{ id: number; name: string; name_en: string }>(
      "SELECT id, name, name_en FROM channels ORDER BY position",
    ),
    mysql.query<{ channel_id: number; article_id: string }>(
      "SELECT channel_id, article_id FROM pinned_articles ORDER BY channel_id, position",
    ),
  ]);
  const pinned = (id: number) => pins.filter((pin) => pin.channel_id === id).map((pin) => BigInt(pin.article_id));
  const channels = rows.map((row) => ({ id: row.id, name: row.name, nameEn: row.name_en, pinned: pinned(row.id) }));
  const recommended = channels.find(({ id }) => id === ALL_CHANNELS) ?? {
    ...RECOMMENDED,
    pinned: pinned(ALL_CHANNELS),
  };
  return [recommended, ...channels.filter(({ id }) => id !== ALL_CHANNELS)];
}

/** Ids of the channels, "recommended" included. */
export async function readChannelIds(mysql: Mysql): Promise<ReadonlySet<number>> {
  const rows = await mysql.query<{ id: number }>("SELECT id FROM channels");
  return new Set([ALL_CHANNELS, ...rows.map(({ id }) => id)]);
}
