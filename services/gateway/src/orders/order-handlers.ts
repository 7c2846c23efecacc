import type { Mysql } from "@headline/mysql";
import { answerOnce } from "@headline/newsroom/idempotency";
import type { JobsIn } from "@headline/newsroom/jobs";
import {
  type Order,
  payOrder,
  placeOrder,
  promotionDays,
  readOrder,
  readOrdersOf,
  withdrawOrder,
} from "@headline/newsroom/orders";
import { Refusal } from "@headline/service/errors";
import { z } from "zod";
import type { CacheInvalidator } from "../changes/cache-invalidator.js";
import type { Reader } from "../http/authenticate.js";
import { type ListQuery, listPage, listQuery } from "../http/list-page.js";
import { idText, idValue } from "../http/read.js";
import type { Call } from "../http/route.js";
import { presentOrder } from "./present-order.js";
import { day, daysOnSale, orderedDay } from "./promotion-day.js";
import { settled } from "./settled.js";

export interface PromotionTerms {
  /** Time to pay an order. */
  readonly timeoutMs: number;
  /** Number of articles that are promoted from one day on. */
  readonly slotsPerDay: number;
  readonly priceFen: number;
}

export interface OrderDeps {
  readonly mysql: Mysql;
  readonly jobs: JobsIn;
  readonly invalidator: CacheInvalidator;
  readonly terms: PromotionTerms;
  readonly now: () => number;
}

export const NewOrder = z
  .strictObject({ article_id: idValue, day: day.optional() }, { error: "must be a JSON object" })
  .meta({ id: "NewOrder" });
export type NewOrder = z.output<typeof NewOrder>;

export const OrderPath = z.object({ id: idText });
export type OrderPath = z.output<typeof OrderPath>;

export const OrdersQuery = listQuery({ perPage: 10 });

/** Reserves a promotion slot for the author's own article, to be paid in time; once for each idempotency key. */
export function orderPromotion({ mysql, jobs, terms, now }: OrderDeps) {
  return async ({ reader: { userId }, body, key }: Call<{ reader: Reader; body: NewOrder }>) => {
    const { article_id: articleId, day: asked } = body;
    const request = { userId, key, body: { order: String(articleId), day: asked } };
    const order = await settled(
      mysql.transaction(async (tx) => {
        const { id } = await answerOnce(tx, request, async () => {
          const ask = { ...terms, userId, articleId, day: orderedDay(asked, now()) };
          return { id: await placeOrder(tx, jobs, ask) };
        });
        return readOrder(tx, id);
      }),
    );
    return presentOrder(order as Order);
  };
}

/** Pays an order; again is the same. */
export function payForOrder({ mysql, jobs, invalidator }: OrderDeps) {
  return async ({ reader: { userId }, params: { id } }: Call<{ reader: Reader; params: OrderPath }>) => {
    const { order, changes } = await settled(mysql.transaction((tx) => payOrder(tx, jobs, userId, id)));
    if (changes.length > 0) await invalidator.invalidate(...changes);
    return presentOrder(order);
  };
}

/** Gives the slot back before the time to pay is over; again is the same. */
export function withdraw({ mysql, jobs }: OrderDeps) {
  return async ({ reader: { userId }, params: { id } }: Call<{ reader: Reader; params: OrderPath }>) =>
    presentOrder(await settled(mysql.transaction((tx) => withdrawOrder(tx, jobs, userId, id))));
}

/** Reads an order of the reader's own. */
export function showOrder({ mysql }: OrderDeps) {
  return async ({ reader: { userId }, params: { id } }: Call<{ reader: Reader; params: OrderPath }>) => {
    const order = await readOrder(mysql, id);
    if (order?.userId !== userId) throw new Refusal("NOT_FOUND", `order ${id} does not exist`);
    return presentOrder(order);
  };
}

/** Reads a page of the reader's own orders, the newest first. */
export function listOrders({ mysql }: OrderDeps) {
  return async ({ reader: { userId }, query }: Call<{ reader: Reader; query: ListQuery }>) => {
    const { rows, more } = await listPage(query, {
      read: (before, count) => readOrdersOf(mysql, userId, before, count),
      idOf: ({ orderId }) => orderId,
    });
    return { results: rows.map(presentOrder), ...more };
  };
}

/** Reads the days on sale, and the slots that are left of each. */
export function listPromotionDays({ mysql, terms, now }: OrderDeps) {
  return async () => {
    const days = await promotionDays(mysql, daysOnSale(now()), terms.slotsPerDay);
    return { price_fen: terms.priceFen, pay_within_seconds: terms.timeoutMs / 1_000, results: days };
  };
}
