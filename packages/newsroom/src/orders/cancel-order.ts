import { DATABASE_NOW_MS, type Transaction } from "@headline/mysql";
import type { JobsIn } from "../jobs/index.js";
import { CANCELLED } from "../schema/index.js";
import { cancelJobId } from "./cancel-job.js";

/** Cancels an unpaid order whose row is locked, and removes its job; its slot is the caller's to give back, last. */
export async function cancelOrder(tx: Transaction, jobs: JobsIn, orderId: bigint): Promise<void> {
  await tx.write(
    `UPDATE orders SET status = ${CANCELLED}, standing = NULL, cancelled_at = ${DATABASE_NOW_MS} WHERE id = ?`,
    [orderId],
  );
  await jobs(tx).remove(cancelJobId(orderId));
}
