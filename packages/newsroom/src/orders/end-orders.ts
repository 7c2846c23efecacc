import { DATABASE_NOW_MS, type Transaction } from "@headline/mysql";
import type { Change } from "../changes/index.js";
import type { JobsIn } from "../jobs/index.js";
import { PAID, UNPAID } from "../schema/index.js";
import { cancelOrder } from "./cancel-order.js";
import { OrderConflict } from "./order-conflict.js";
import { giveSlotBack } from "./promotion-days.js";

/** Orders of an article that ended with it. */
export interface EndedOrders {
  /** Changes for the feeds to learn. */
  readonly changes: readonly Change[];
  /** Days with a slot to give back, in the order of their locks. */
  readonly days: readonly string[];
}

interface Standing {
  readonly id: string;
  readonly status: typeof UNPAID | typeof PAID;
  readonly day: string;
  /** Paid, and not over yet. */
  readonly is_promoted: number | string;
  readonly has_begun: number | string;
  readonly now_ms: string;
}

/**
 * Ends the orders of an article that is being deleted; the caller has its row locked. Unpaid ones are cancelled. A paid
 * promotion that is not over ends now, if its author gives it up: what was paid stays paid.
 *
 * @throws OrderConflict PROMOTED for a paid promotion that is not given up.
 */
export async function endOrders(
  tx: Transaction,
  jobs: JobsIn,
  articleId: bigint,
  { givesUpPromotion }: { givesUpPromotion: boolean },
): Promise<EndedOrders> {
  const orders = await lockStanding(tx, articleId);
  const promoted = orders.filter(({ is_promoted }) => Number(is_promoted) === 1);
  if (promoted.length > 0 && !givesUpPromotion)
    throw new OrderConflict(
      "PROMOTED",
      "the article has a promotion that is paid and not over; give_up_promotion=1 deletes it all the same, and nothing is paid back",
    );
  const unpaid = orders.filter(({ status }) => status === UNPAID);
  for (const { id } of unpaid) await cancelOrder(tx, jobs, BigInt(id));
  for (const order of promoted) await endPromotion(tx, order);
  const unused = promoted.filter(({ has_begun }) => Number(has_begun) === 0);
  return {
    changes: promoted
      .slice(0, 1)
      .map(({ now_ms }): Change => ({ topic: "promotion", subjectId: articleId, version: Number(now_ms) })),
    days: [...unpaid, ...unused].map(({ day }) => day).sort(),
  };
}

/** Gives back the slots of orders that ended. Others wait for the rows of days: come to them last. */
export async function giveSlotsBack(tx: Transaction, days: readonly string[]): Promise<void> {
  for (const day of days) await giveSlotBack(tx, day);
}

const DAY_MS = "TIMESTAMPDIFF(SECOND, '1970-01-01', day) * 1000";

function lockStanding(tx: Transaction, articleId: bigint): Promise<readonly Standing[]> {
  return tx.query<Standing>(
    `SELECT id, status, CAST(day AS CHAR) AS day, ${DATABASE_NOW_MS} AS now_ms,
            status = ${PAID} AND promoted_until > ${DATABASE_NOW_MS} AS is_promoted, ${DAY_MS} <= ${DATABASE_NOW_MS} AS has_begun
       FROM orders WHERE article_id = ? AND standing = 1 ORDER BY id FOR UPDATE`,
    [articleId],
  );
}

/** A day that has begun keeps its slot: it was used. */
async function endPromotion(tx: Transaction, { id, now_ms, has_begun }: Standing): Promise<void> {
  await tx.write(
    "UPDATE orders SET promoted_from = LEAST(promoted_from, ?), promoted_until = ?, standing = ? WHERE id = ?",
    [now_ms, now_ms, Number(has_begun) === 1 ? 1 : null, BigInt(id)],
  );
}
