import type { Mysql } from "@headline/mysql";
import { inFull } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { Catalogue } from "../catalogue/catalogue.js";
import { BlockLists } from "./block-lists.js";
import { FollowGraph } from "./follow-graph.js";
import { type ReaderFacts, readerFactsLoader } from "./reader-facts.js";
import { SeenArticles } from "./seen-articles.js";

const READERS = inFull(10_000, 50_000);
const FOLLOWED = 20;
const SEEN = 30;

const follows = Array.from({ length: FOLLOWED }, (_, at) => ({ author_id: String(900 + at) }));
const seenRows = Array.from({ length: SEEN }, (_, at) => ({ article_id: String(1 + at) }));

test(`among ${READERS} readers a first page costs three statements, and a returning reader's none`, async () => {
  let statements = 0;
  const mysql = {
    query: async (sql: string) => {
      statements += 1;
      if (sql.includes("FROM follows")) return follows;
      return sql.includes("FROM events") ? seenRows : [];
    },
  } as unknown as Mysql;
  const [graph, blockLists] = [new FollowGraph(mysql), new BlockLists(mysql)];
  const seen = new SeenArticles(mysql, new Catalogue(Date.now));
  const know = readerFactsLoader(
    {
      followsOf: (userId) => graph.followsOf(userId),
      blockListOf: (userId) => blockLists.of(userId),
      seenBy: (userId) => seen.of(userId),
    },
    fail,
  );

  for (let reader = 1; reader <= READERS; reader += 1) await know(BigInt(reader));
  expect(statements).toBe(3 * READERS);

  statements = 0;
  for (let reader = 1; reader <= READERS; reader += 1) {
    for (let slot = SEEN; slot < SEEN + 8; slot += 1) seen.add(BigInt(reader), slot); // their next pages were looked at
  }
  const forgotten: unknown[] = [];
  for (let reader = 1; reader <= READERS; reader += 1) {
    const known = know(BigInt(reader));
    if (known instanceof Promise || !isWhole(known)) forgotten.push(reader);
  }
  expect(forgotten).toEqual([]);
  expect(statements).toBe(0);
});

function isWhole({ follows, seen }: ReaderFacts): boolean {
  return follows.size === FOLLOWED && seen.has(0) && seen.has(SEEN + 7) && !seen.has(SEEN + 8);
}

function fail(error: unknown): never {
  throw error;
}
