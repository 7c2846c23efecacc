import { DATABASE_NOW_MS, type Statements } from "@headline/mysql";
import { PAID } from "../schema/index.js";

/** A paid promotion of an article, from and until epoch ms. */
export interface Promotion {
  readonly articleId: bigint;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Promotions that are on or to come. As many as slots were sold for a few days: hundreds. */
export async function activePromotions(on: Statements): Promise<Promotion[]> {
  const rows = await on.query<{ article_id: string; promoted_from: string; promoted_until: string }>(
    `SELECT article_id, promoted_from, promoted_until FROM orders
      WHERE promoted_until > ${DATABASE_NOW_MS} AND status = ${PAID} ORDER BY promoted_from LIMIT 10000`,
  );
  return rows.map((row) => ({
    articleId: BigInt(row.article_id),
    fromMs: Number(row.promoted_from),
    untilMs: Number(row.promoted_until),
  }));
}
