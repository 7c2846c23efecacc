import { toStored, UNWRITTEN, WRITTEN_COLUMNS, type WrittenFields } from "@headline/newsroom/articles";
import type { Change } from "@headline/newsroom/changes";
import { PUBLISHED } from "@headline/newsroom/schema";
import type { BulkWriter, Row } from "./bulk-writer.js";

/** With the written fields that a source has; others stay empty. */
export interface ArticleToWrite extends Pick<WrittenFields, "title" | "channelId" | "cover"> {
  readonly authorId: bigint;
  readonly content: string;
  readonly publishedAtMs: number;
}

export interface UserCounts {
  articles?: number;
  followers?: number;
  followings?: number;
  likes_received?: number;
}

const ARTICLE_COLUMNS = [
  "author_id",
  ...WRITTEN_COLUMNS,
  "status",
  "version",
  "published_at",
  "created_at",
  "updated_at",
];

/** Writes articles with their contents and answers their ids; statistics are the caller's, in the same transaction. */
export async function writeArticles(
  writer: BulkWriter,
  articles: readonly ArticleToWrite[],
  version: number,
): Promise<bigint[]> {
  const ids = await writer.insert("INTO articles", ARTICLE_COLUMNS, articles.map(toRow(version)));
  const contents = articles.map(({ content }, index): Row => [ids[index] as bigint, content]);
  await writer.insert("INTO article_contents", ["article_id", "content"], contents);
  return ids;
}

/** Adds to the counts of users, in the order of their ids so that two writers cannot deadlock. */
export async function addUserStatistics(
  writer: BulkWriter,
  counts: ReadonlyMap<bigint, UserCounts>,
  version: number,
): Promise<void> {
  const rows = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, { articles = 0, followers = 0, followings = 0, likes_received = 0 }]): Row => {
      return [id, articles, followers, followings, likes_received, version];
    });
  await writer.insert(
    "INTO user_statistics",
    ["user_id", "articles", "followers", "followings", "likes_received", "version"],
    rows,
    `ON DUPLICATE KEY UPDATE articles = articles + VALUES(articles), followers = followers + VALUES(followers),
       followings = followings + VALUES(followings), likes_received = likes_received + VALUES(likes_received),
       version = GREATEST(version + 1, VALUES(version))`,
  );
}

/**
 * Writes changes that make running services reload everything, and one for each user with changed statistics, at its
 * version. Other topics need none: no cache holds rows that are new.
 */
export async function writeChanges(writer: BulkWriter, userIds: Iterable<bigint>): Promise<readonly Change[]> {
  const version = await writer.now();
  const rows = await writer.query<{ user_id: string; version: string }>(
    `SELECT user_id, version FROM user_statistics WHERE user_id IN (${[...userIds].join(",")})`,
  );
  const changes: Change[] = [
    { topic: "import", subjectId: 0n, version },
    ...rows.map(
      (row): Change => ({ topic: "user-statistics", subjectId: BigInt(row.user_id), version: Number(row.version) }),
    ),
  ];
  const columns = ["topic", "subject_id", "version", "created_at"];
  const values = changes.map((change): Row => [change.topic, change.subjectId, change.version, version]);
  await writer.insert("INTO changes", columns, values);
  return changes;
}

function toRow(version: number) {
  return (article: ArticleToWrite): Row => {
    const { authorId, publishedAtMs } = article;
    return [
      authorId,
      ...toStored({ ...UNWRITTEN, ...article }),
      PUBLISHED,
      version,
      publishedAtMs,
      publishedAtMs,
      publishedAtMs,
    ];
  };
}
