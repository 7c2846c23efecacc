import { z } from "zod";
import { count, day, id, listOf, time } from "../http/answers.js";

export const Order = z
  .object({
    order_id: id,
    article_id: id,
    article_title: z.string(),
    day,
    price_fen: count,
    status: z.enum(["unpaid", "paid", "cancelled"]),
    created_at: time,
    expires_at: time,
    paid_at: time.nullable(),
    cancelled_at: time.nullable(),
    promoted_from: time.nullable(),
    promoted_until: time.nullable(),
  })
  .meta({ id: "Order" });
export const OrderList = listOf(Order).meta({ id: "OrderList" });

export const PromotionDays = z
  .object({
    price_fen: count,
    pay_within_seconds: z.number(),
    results: z.array(z.object({ day, capacity: count, available: count })),
  })
  .meta({ id: "PromotionDays" });
