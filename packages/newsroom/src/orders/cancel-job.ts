import { date } from "@headline/scheduler";
import type { SharedJobSpec } from "@headline/scheduler/stores";

/** Called with the order's id as text. */
export const CANCEL_TASK = "orders.cancelUnpaid";

export function cancelJobId(orderId: bigint): string {
  return `order:${orderId}`;
}

/** The job that cancels an order once its time to pay is over. */
export function cancelJob(orderId: bigint, expiresAtMs: number): SharedJobSpec {
  return {
    id: cancelJobId(orderId),
    name: `cancel order ${orderId} unless it is paid`,
    func: CANCEL_TASK,
    args: [String(orderId)],
    trigger: date({ runAt: expiresAtMs }),
    tags: ["order"],
  };
}
