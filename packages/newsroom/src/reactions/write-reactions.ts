import { DATABASE_NOW_MS, idList, type Mysql, type Transaction, WANTED_IDS } from "@headline/mysql";
import type { Versioned } from "@headline/redis";
import { appendChanges, type Change } from "../changes/index.js";
import type { DislikeWhy } from "../events/index.js";
import { addNotification } from "../notifications/index.js";
import { type ChangeTopic, PUBLISHED } from "../schema/index.js";
import {
  ARTICLE_STATISTICS,
  type ArticleCounts,
  changeStatistics,
  USER_STATISTICS,
  type UserCounts,
} from "../statistics/index.js";
import { type Changed, countedDeltas } from "./counted-deltas.js";
import { REACTION_TARGETS, type Reaction, type ReactionTarget } from "./reaction.js";

/** Result of a reaction: `same` changed nothing, `known` came before, `absent` and `own` were not possible. */
export type Outcome = "changed" | "same" | "known" | "absent" | "own";

export interface Reacted {
  readonly outcome: Outcome;
  /** Why the article was disliked, where that is taken back. */
  readonly whyUndone?: DislikeWhy | undefined;
}

export interface WrittenReactions {
  /** In the order of the reactions. */
  readonly reacted: readonly Reacted[];
  readonly articleCounts: ReadonlyMap<bigint, Versioned<ArticleCounts>>;
  readonly authorCounts: ReadonlyMap<bigint, Versioned<UserCounts>>;
  readonly changes: readonly Change[];
}

interface ArticleRow {
  readonly authorId: bigint;
  readonly isPublished: boolean;
}

/** Writes, in one transaction, the rows, the authors' notifications, the counts, and the changes for the recommender. */
export function writeReactions(mysql: Mysql, reactions: readonly Reaction[]): Promise<WrittenReactions> {
  return mysql.transaction(async (tx) => {
    const articles = await readArticles(tx, reactions);
    const changed: Changed[] = [];
    const changes: Change[] = [];
    const reacted: Reacted[] = [];
    for (const reaction of reactions) {
      const article = articles.get(reaction.articleId);
      const one = await writeOne(tx, reaction, article);
      const { outcome } = one;
      reacted.push(one);
      if (article === undefined) continue;
      if (outcome === "known") changed.push({ ...reaction, authorId: article.authorId, before: true });
      if (outcome !== "changed") continue;
      const { userId, articleId, kind } = reaction;
      const { authorId } = article;
      changed.push({ ...reaction, authorId, before: false });
      if (kind === "liking")
        changes.push(
          ...(await addNotification(tx, { userId: authorId, kind: "liked", subjectId: articleId, actorId: userId })),
        );
      const { topic } = REACTION_TARGETS[kind];
      if (topic !== undefined) changes.push({ topic, subjectId: userId, version: await databaseNow(tx) });
    }
    // Statistics last, and everywhere in the same order: they are what others wait for.
    const deltas = countedDeltas(changed);
    const articleCounts = new Map<bigint, Versioned<ArticleCounts>>();
    for (const [id, by] of deltas.articles)
      articleCounts.set(id, await changeStatistics(tx, ARTICLE_STATISTICS, id, by));
    const authorCounts = new Map<bigint, Versioned<UserCounts>>();
    for (const [id, by] of deltas.authors) authorCounts.set(id, await changeStatistics(tx, USER_STATISTICS, id, by));
    changes.push(
      ...countChanges("article-statistics", articleCounts),
      ...countChanges("user-statistics", authorCounts),
    );
    if (changes.length > 0) await appendChanges(tx, ...changes);
    return { reacted, articleCounts, authorCounts, changes };
  });
}

async function readArticles(tx: Transaction, reactions: readonly Reaction[]): Promise<Map<bigint, ArticleRow>> {
  const rows = await tx.query<{ id: string; author_id: string; status: number }>(
    `SELECT a.id, author_id, status FROM ${WANTED_IDS} STRAIGHT_JOIN articles a ON a.id = want.id`,
    [idList(reactions.map(({ articleId }) => articleId))],
  );
  return new Map(
    rows.map((row) => [BigInt(row.id), { authorId: BigInt(row.author_id), isPublished: row.status === PUBLISHED }]),
  );
}

async function writeOne(tx: Transaction, reaction: Reaction, article: ArticleRow | undefined): Promise<Reacted> {
  const { userId, articleId, kind } = reaction;
  const keeping = REACTION_TARGETS[kind];
  // A reaction to an article that is deleted by now can still be undone.
  if (article === undefined || (keeping.adds && !article.isPublished)) return { outcome: "absent" };
  if (keeping.table === "author_blocks" && article.authorId === userId) return { outcome: "own" };
  const whyUndone = kind === "undislike" ? await whyDisliked(tx, reaction) : undefined;
  if (!(await isFirst(tx, reaction, whyUndone)))
    return { outcome: "known", whyUndone: kind === "undislike" ? await whyReceived(tx, reaction) : undefined };
  const subjectId = keeping.table === "author_blocks" ? article.authorId : articleId;
  return { outcome: (await writeRow(tx, keeping, reaction, subjectId)) ? "changed" : "same", whyUndone };
}

interface WhyRow {
  readonly why: DislikeWhy | null;
}

async function whyDisliked(tx: Transaction, { userId, articleId }: Reaction): Promise<DislikeWhy | undefined> {
  const sql = "SELECT why FROM article_dislikes WHERE user_id = ? AND article_id = ?";
  const [row] = await tx.query<WhyRow>(sql, [userId, articleId]);
  return row?.why ?? undefined;
}

/** Reason that the same event undid when it came before. */
async function whyReceived(tx: Transaction, { userId, eventId }: Reaction): Promise<DislikeWhy | undefined> {
  const sql = "SELECT why FROM reaction_receipts WHERE user_id = ? AND event_id = UNHEX(?)";
  const [row] = await tx.query<WhyRow>(sql, [userId, hexOf(eventId)]);
  return row?.why ?? undefined;
}

async function isFirst(
  tx: Transaction,
  { userId, eventId }: Reaction,
  whyUndone: DislikeWhy | undefined,
): Promise<boolean> {
  const { affectedRows } = await tx.write(
    `INSERT IGNORE INTO reaction_receipts (user_id, event_id, created_at, why) VALUES (?, UNHEX(?), ${DATABASE_NOW_MS}, ?)`,
    [userId, hexOf(eventId), whyUndone ?? null],
  );
  return affectedRows === 1;
}

function hexOf(eventId: string): string {
  return eventId.replaceAll("-", "");
}

/** Whether the row was not already as the reader wants it. */
async function writeRow(
  tx: Transaction,
  { table, adds }: ReactionTarget,
  { userId, why }: Reaction,
  subjectId: bigint,
): Promise<boolean> {
  const column = table === "author_blocks" ? "author_id" : "article_id";
  const row = { user_id: userId, [column]: subjectId, ...(table === "article_dislikes" && { why: why ?? null }) };
  const columns = Object.keys(row);
  const { affectedRows } = adds
    ? await tx.write(
        `INSERT IGNORE INTO ${table} (${columns.join(", ")}, created_at)
         VALUES (${columns.map(() => "?").join(", ")}, ${DATABASE_NOW_MS})`,
        Object.values(row),
      )
    : await tx.write(`DELETE FROM ${table} WHERE user_id = ? AND ${column} = ?`, [userId, subjectId]);
  return affectedRows === 1;
}

async function databaseNow(tx: Transaction): Promise<number> {
  const [row] = await tx.query<{ now: string }>(`SELECT ${DATABASE_NOW_MS} AS now`);
  return Number(row?.now);
}

function countChanges(topic: ChangeTopic, counts: ReadonlyMap<bigint, { version: number }>): Change[] {
  return [...counts].map(([subjectId, { version }]): Change => ({ topic, subjectId, version }));
}
