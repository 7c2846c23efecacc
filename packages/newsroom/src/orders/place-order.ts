import { DATABASE_NOW_MS, isDuplicate, type Transaction } from "@headline/mysql";
import { Refusal } from "@headline/service/errors";
import type { JobsIn } from "../jobs/index.js";
import { PUBLISHED, SCHEDULED, UNPAID } from "../schema/index.js";
import { cancelJob } from "./cancel-job.js";
import { lockArticle } from "./lock-article.js";
import { OrderConflict } from "./order-conflict.js";
import { takeSlot } from "./promotion-days.js";

export interface PlaceOrder {
  readonly userId: bigint;
  readonly articleId: bigint;
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly slotsPerDay: number;
  readonly priceFen: number;
  readonly timeoutMs: number;
}

/**
 * Reserves a slot for the author's own article, and adds the job that takes it back unless it is paid in time: in one
 * transaction, so that none of the three is ever without the others.
 *
 * @throws Refusal NOT_FOUND, or PERMISSION_DENIED to anyone but the author, FAILED_PRECONDITION before it is published; OrderConflict SOLD_OUT or ALREADY_ORDERED.
 */
export async function placeOrder(tx: Transaction, jobs: JobsIn, ask: PlaceOrder): Promise<bigint> {
  await mustOwn(tx, ask);
  const orderId = await insertOrder(tx, ask);
  const [row] = await tx.query<{ expires_at: string }>("SELECT expires_at FROM orders WHERE id = ?", [orderId]);
  await jobs(tx).put(cancelJob(orderId, Number(row?.expires_at)));
  // The day's row last: it is the one that others wait for.
  if (await takeSlot(tx, ask.day, ask.slotsPerDay)) return orderId;
  throw new OrderConflict("SOLD_OUT", `no promotion slot is left on ${ask.day}`);
}

async function mustOwn(tx: Transaction, { userId, articleId }: PlaceOrder): Promise<void> {
  const article = await lockArticle(tx, articleId);
  if (article?.status === SCHEDULED && article.authorId === userId)
    throw new Refusal("FAILED_PRECONDITION", `article ${articleId} is not published yet`);
  if (article === undefined || article.status !== PUBLISHED)
    throw new Refusal("NOT_FOUND", `article ${articleId} does not exist`);
  if (article.authorId !== userId) throw new Refusal("PERMISSION_DENIED", "only its author may promote an article");
}

async function insertOrder(tx: Transaction, { userId, articleId, day, priceFen, timeoutMs }: PlaceOrder) {
  try {
    const { insertId } = await tx.write(
      `INSERT INTO orders (user_id, article_id, day, price_fen, status, standing, created_at, expires_at)
       VALUES (?, ?, ?, ?, ${UNPAID}, 1, ${DATABASE_NOW_MS}, ${DATABASE_NOW_MS} + ?)`,
      [userId, articleId, day, priceFen, timeoutMs],
    );
    return insertId;
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    throw new OrderConflict("ALREADY_ORDERED", `article ${articleId} has an order for ${day} already`);
  }
}
