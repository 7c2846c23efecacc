import type { Transaction } from "@headline/mysql";
import { Refusal } from "@headline/service/errors";
import type { JobsIn } from "../jobs/index.js";
import { PAID, UNPAID } from "../schema/index.js";
import { cancelOrder } from "./cancel-order.js";
import { ORDER_COLUMNS, type Order, type OrderRow, readOrder } from "./order.js";
import { OrderConflict } from "./order-conflict.js";
import { giveSlotBack } from "./promotion-days.js";

/**
 * Cancels an order that its owner does not want any more, once: its slot goes back and its job away in the same transaction.
 *
 * @throws Refusal NOT_FOUND to anyone but who ordered; OrderConflict ORDER_PAID.
 */
export async function withdrawOrder(tx: Transaction, jobs: JobsIn, userId: bigint, orderId: bigint): Promise<Order> {
  const [row] = await tx.query<OrderRow>(`SELECT ${ORDER_COLUMNS} FROM orders WHERE id = ? FOR UPDATE`, [orderId]);
  if (row === undefined || BigInt(row.user_id) !== userId)
    throw new Refusal("NOT_FOUND", `order ${orderId} does not exist`);
  if (row.status === PAID) throw new OrderConflict("ORDER_PAID", "the order is paid; its article is promoted");
  if (row.status === UNPAID) {
    await cancelOrder(tx, jobs, orderId);
    await giveSlotBack(tx, row.day);
  }
  return (await readOrder(tx, orderId)) as Order;
}
