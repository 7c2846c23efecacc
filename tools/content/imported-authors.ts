import type { BulkWriter, Row } from "./bulk-writer.js";
import { pick, shuffled } from "./seeded-random.js";

const AUTHORS = 300;
/** Marks an invented author, so that a person of the same name is not taken for one. */
const ABOUT = "由 npm run import 生成的作者";

const PLACES =
  "江南 塞北 长街 老城 海边 山间 云上 河畔 林间 桥头 巷口 渡口 田野 码头 驿站 南城 西山 东湖 北岸 旧巷".split(" ");
const TRADES =
  "快报 周刊 观察 笔记 来信 手记 日报 简讯 见闻 札记 旬刊 杂谈 译丛 书房 茶馆 电台 画报 影像 档案 客厅".split(" ");

export interface Authors {
  readonly ids: readonly bigint[];
  /** Chooses who wrote an article of a channel. */
  of(channelId: number): bigint;
}

/**
 * Some hundred authors, the same for the same seed, each at home in one channel and some writing much more than others.
 * Those of an earlier import are found again.
 */
export async function importedAuthors(
  writer: BulkWriter,
  channelIds: readonly number[],
  random: () => number,
  now: number,
): Promise<Authors> {
  const names = shuffled(
    PLACES.flatMap((place) => TRADES.map((trade) => `${place}${trade}`)),
    random,
  );
  const ids = await writeAuthors(writer, names, now);
  const perChannel = new Map(
    channelIds.map((channelId, index) => [channelId, ids.filter((_, at) => at % channelIds.length === index)]),
  );
  return { ids, of: (channelId) => pick(perChannel.get(channelId) ?? ids, () => random() ** 2) };
}

/** The ids of the first names that are ours, in the order of the names. */
async function writeAuthors(writer: BulkWriter, names: readonly string[], now: number): Promise<readonly bigint[]> {
  const taken = await usersNamed(writer, names);
  const ours = names.filter((name) => (taken.get(name)?.about ?? ABOUT) === ABOUT).slice(0, AUTHORS);
  const rows = ours.filter((name) => !taken.has(name)).map((name): Row => [name, ABOUT, now]);
  await writer.insert("INTO users", ["name", "about", "created_at"], rows);
  const written = await usersNamed(writer, ours);
  return ours.flatMap((name) => written.get(name)?.id ?? []);
}

async function usersNamed(writer: BulkWriter, names: readonly string[]) {
  const quoted = names.map((name) => writer.escape(name)).join(",");
  const rows = await writer.query<{ id: string; name: string; about: string }>(
    `SELECT id, name, about FROM users WHERE name IN (${quoted})`,
  );
  return new Map(rows.map(({ id, name, about }) => [name, { id: BigInt(id), about }]));
}
