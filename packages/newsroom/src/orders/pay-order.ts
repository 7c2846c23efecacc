import { DATABASE_NOW_MS, type Transaction } from "@headline/mysql";
import { Refusal } from "@headline/service/errors";
import { appendChanges, type Change } from "../changes/index.js";
import type { JobsIn } from "../jobs/index.js";
import { addNotification } from "../notifications/index.js";
import { CANCELLED, PAID, PUBLISHED } from "../schema/index.js";
import { cancelJobId } from "./cancel-job.js";
import { lockArticle } from "./lock-article.js";
import { ORDER_COLUMNS, type Order, type OrderRow, readOrder, toOrder } from "./order.js";
import { OrderConflict } from "./order-conflict.js";

export interface Payment {
  readonly order: Order;
  /** Changes for feeds and push; none when the order was paid before. */
  readonly changes: readonly Change[];
}

const PROMOTED_MS = 24 * 60 * 60 * 1_000;

/**
 * Pays an order, once; again answers the same. The article is promoted for a day from then on, or from the beginning of the
 * day that was ordered, and the job that would cancel goes away in the same transaction. Of a payment and a cancellation
 * at the same moment the one that locks the order first wins, and the database's clock decides whether it was in time.
 *
 * @throws Refusal NOT_FOUND to anyone but who ordered, and for an article that is deleted; OrderConflict ORDER_CANCELLED or
 * ORDER_EXPIRED.
 */
export async function payOrder(tx: Transaction, jobs: JobsIn, userId: bigint, orderId: bigint): Promise<Payment> {
  const articleId = await articleOf(tx, userId, orderId);
  const article = await lockArticle(tx, articleId);
  const [row] = await tx.query<OrderRow & { now_ms: string; day_ms: string }>(
    `SELECT ${ORDER_COLUMNS}, ${DATABASE_NOW_MS} AS now_ms, TIMESTAMPDIFF(SECOND, '1970-01-01', day) * 1000 AS day_ms
       FROM orders WHERE id = ? FOR UPDATE`,
    [orderId],
  );
  if (row === undefined) throw new Refusal("NOT_FOUND", `order ${orderId} does not exist`);
  if (row.status === PAID) return { order: toOrder(row), changes: [] };
  if (row.status === CANCELLED)
    throw new OrderConflict("ORDER_CANCELLED", "the order was cancelled; its slot went back");
  if (article?.status !== PUBLISHED) throw new Refusal("NOT_FOUND", `article ${articleId} does not exist`);
  const nowMs = Number(row.now_ms);
  if (nowMs >= Number(row.expires_at)) throw new OrderConflict("ORDER_EXPIRED", "the time to pay is over");

  const fromMs = Math.max(nowMs, Number(row.day_ms));
  await tx.write(
    `UPDATE orders SET status = ${PAID}, paid_at = ?, promoted_from = ?, promoted_until = ? WHERE id = ?`,
    [nowMs, fromMs, fromMs + PROMOTED_MS, orderId],
  );
  await jobs(tx).remove(cancelJobId(orderId));
  const change: Change = { topic: "promotion", subjectId: articleId, version: nowMs };
  const changes = [change, ...(await addNotification(tx, { userId, kind: "order_paid", subjectId: orderId }))];
  await appendChanges(tx, ...changes);
  return { order: (await readOrder(tx, orderId)) as Order, changes };
}

/** The article of the user's own order; it never changes. */
async function articleOf(tx: Transaction, userId: bigint, orderId: bigint): Promise<bigint> {
  const [row] = await tx.query<{ article_id: string }>("SELECT article_id FROM orders WHERE id = ? AND user_id = ?", [
    orderId,
    userId,
  ]);
  if (row === undefined) throw new Refusal("NOT_FOUND", `order ${orderId} does not exist`);
  return BigInt(row.article_id);
}
