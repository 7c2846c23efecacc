import { DATABASE_NOW_MS, type Mysql } from "@headline/mysql";
import { appendChanges, type Change } from "../changes/index.js";
import { NotDueYet } from "../jobs/index.js";
import { addNotification } from "../notifications/index.js";
import { CANCELLED, PAID, UNPAID } from "../schema/index.js";
import { giveSlotBack } from "./promotion-days.js";

/** Result of cancelling an unpaid order, with the changes for push. */
export interface Cancellation {
  readonly outcome: "cancelled" | "cancelled before" | "paid" | "gone";
  readonly changes: readonly Change[];
}

interface Due {
  readonly user_id: string;
  readonly day: string;
  readonly status: number;
  readonly due_in_ms: string;
}

/**
 * Cancels an order that was not paid in time, notifies its user, and releases its slot, once, however often and from
 * wherever it is called: what decides is the order's own row, locked.
 *
 * @throws NotDueYet while there is time to pay by the clock of the database.
 */
export function cancelUnpaid(mysql: Mysql, orderId: bigint): Promise<Cancellation> {
  return mysql.transaction(async (tx) => {
    const [order] = await tx.query<Due>(
      `SELECT user_id, CAST(day AS CHAR) AS day, status, CAST(expires_at AS SIGNED) - CAST(${DATABASE_NOW_MS} AS SIGNED) AS due_in_ms
         FROM orders WHERE id = ? FOR UPDATE`,
      [orderId],
    );
    if (order === undefined) return { outcome: "gone", changes: [] };
    if (order.status === PAID) return { outcome: "paid", changes: [] };
    if (order.status === CANCELLED) return { outcome: "cancelled before", changes: [] };
    const dueInMs = Number(order.due_in_ms);
    if (dueInMs > 0) throw new NotDueYet(`order ${orderId}`, dueInMs);
    await tx.write(
      `UPDATE orders SET status = ${CANCELLED}, standing = NULL, cancelled_at = ${DATABASE_NOW_MS} WHERE id = ?`,
      [orderId],
    );
    const about = { kind: "order_cancelled", subjectId: orderId } as const;
    const changes = await addNotification(tx, { userId: BigInt(order.user_id), ...about });
    if (changes.length > 0) await appendChanges(tx, ...changes);
    await giveSlotBack(tx, order.day);
    return { outcome: "cancelled", changes };
  });
}

/** Unpaid orders whose time was over more than `byMs` ago: their job was lost, by hand perhaps. */
export async function overdueOrders(mysql: Mysql, byMs: number): Promise<bigint[]> {
  const rows = await mysql.query<{ id: string }>(
    `SELECT id FROM orders WHERE status = ${UNPAID} AND expires_at < ${DATABASE_NOW_MS} - ? ORDER BY expires_at LIMIT 500`,
    [byMs],
  );
  return rows.map(({ id }) => BigInt(id));
}
