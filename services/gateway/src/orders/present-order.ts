import { readTime } from "@headline/mysql";
import type { Order } from "@headline/newsroom/orders";

/** An order as its owner sees it; money in hundredths of a yuan. */
export function presentOrder(order: Order) {
  return {
    order_id: String(order.orderId),
    article_id: String(order.articleId),
    article_title: order.articleTitle,
    day: order.day,
    price_fen: order.priceFen,
    status: order.status,
    created_at: time(order.createdAtMs),
    expires_at: time(order.expiresAtMs),
    paid_at: timeOrNull(order.paidAtMs),
    cancelled_at: timeOrNull(order.cancelledAtMs),
    promoted_from: timeOrNull(order.promotedFromMs),
    promoted_until: timeOrNull(order.promotedUntilMs),
  };
}

function time(ms: number): string {
  return readTime(ms).toISOString();
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : time(ms);
}
