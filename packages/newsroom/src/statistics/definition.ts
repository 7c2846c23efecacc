import { type ChangeTopic, PUBLISHED } from "../schema/index.js";

/** Counts of one subject, by the counters' names. */
export type Counts<Name extends string = string> = Readonly<Record<Name, number>>;

export interface StatisticsDefinition<Name extends string> {
  /** Topic of its changes, and prefix of its keys in Redis. */
  readonly name: ChangeTopic;
  /** Where the counted rows are kept, with a column for each counter and `version`. */
  readonly table: string;
  readonly idColumn: string;
  /** `id` of those that exist between two ids, in ascending order. */
  readonly subjects: string;
  readonly counters: Readonly<Record<Name, Counter>>;
}

export interface Counter {
  /** `id` and `count` of each subject between two ids that has any, in ascending order, from the rows that are counted. */
  readonly truth: string;
}

export const USER_STATISTICS: StatisticsDefinition<"articles" | "followers" | "followings" | "likes_received"> = {
  name: "user-statistics",
  table: "user_statistics",
  idColumn: "user_id",
  subjects: "SELECT id FROM users WHERE id BETWEEN ? AND ? ORDER BY id",
  counters: {
    articles: {
      truth: `SELECT author_id AS id, COUNT(*) AS count FROM articles FORCE INDEX (articles_author)
               WHERE author_id BETWEEN ? AND ? AND status = ${PUBLISHED} GROUP BY author_id ORDER BY author_id`,
    },
    followers: {
      truth: `SELECT author_id AS id, COUNT(*) AS count FROM follows FORCE INDEX (follows_author)
               WHERE author_id BETWEEN ? AND ? GROUP BY author_id ORDER BY author_id`,
    },
    followings: {
      truth: `SELECT user_id AS id, COUNT(*) AS count FROM follows FORCE INDEX (PRIMARY)
               WHERE user_id BETWEEN ? AND ? GROUP BY user_id ORDER BY user_id`,
    },
    // A like that was received stays received when the article goes: deleting one need not know who likes it meanwhile.
    likes_received: {
      truth: `SELECT a.author_id AS id, COUNT(*) AS count
                FROM articles a FORCE INDEX (articles_author)
                STRAIGHT_JOIN article_likes l FORCE INDEX (article_likes_article) ON l.article_id = a.id
               WHERE a.author_id BETWEEN ? AND ? GROUP BY a.author_id ORDER BY a.author_id`,
    },
  },
};

export const ARTICLE_STATISTICS: StatisticsDefinition<"comments" | "likes" | "collects"> = {
  name: "article-statistics",
  table: "article_statistics",
  idColumn: "article_id",
  subjects: "SELECT id FROM articles WHERE id BETWEEN ? AND ? ORDER BY id",
  counters: {
    comments: { truth: perArticle("comments", "comments_article") },
    likes: { truth: perArticle("article_likes", "article_likes_article") },
    collects: { truth: perArticle("article_collects", "article_collects_article") },
  },
};

export type UserCounts = Counts<keyof typeof USER_STATISTICS.counters>;
export type ArticleCounts = Counts<keyof typeof ARTICLE_STATISTICS.counters>;

/** The index is forced because a chunk must stop after its rows, and the planner's guess may sort all of them first. */
function perArticle(table: string, index: string): string {
  return `SELECT article_id AS id, COUNT(*) AS count FROM ${table} FORCE INDEX (${index})
           WHERE article_id BETWEEN ? AND ? GROUP BY article_id ORDER BY article_id`;
}

/** The counters' names, which are also their columns'. */
export function counterNames<Name extends string>(definition: StatisticsDefinition<Name>): readonly Name[] {
  return Object.keys(definition.counters) as Name[];
}
