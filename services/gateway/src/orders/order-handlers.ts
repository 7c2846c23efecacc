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
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Announcer } from "../changes/announcer.js";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { readListPage } from "../http/list-page.js";
import { decimal, INT64_MAX, idText, idValue, read } from "../http/read.js";
import { idempotencyKey } from "../idempotency/idempotency-key.js";
import { presentOrder } from "./present-order.js";
import { day, daysOnSale, orderedDay } from "./promotion-day.js";
import { settled } from "./settled.js";

export interface PromotionTerms {
  /** How long an order waits to be paid. */
  readonly timeoutMs: number;
  /** How many articles are promoted from one day on. */
  readonly slotsPerDay: number;
  readonly priceFen: number;
}

interface Parts {
  readonly authenticate: Authenticate;
  readonly mysql: Mysql;
  readonly jobs: JobsIn;
  readonly announcer: Announcer;
  readonly terms: PromotionTerms;
  readonly now: () => number;
}

export const NewOrder = z.strictObject(
  { article_id: idValue, day: day.optional() },
  { error: "must be a JSON object" },
);
export const OrderPath = z.object({ id: idText });
export const OrdersQuery = z.object({
  before: idText.optional(),
  per_page: decimal({ min: 1, max: 50 }).default(10),
});

/** POST /orders: reserves a promotion slot for the author's own article; 201 with what to pay and until when. */
export function orderPromotion({ authenticate, mysql, jobs, terms, now }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { article_id: articleId, day: asked } = read(NewOrder, req.body);
    const request = { userId, key: idempotencyKey(req), body: { order: String(articleId), day: asked } };
    const order = await settled(
      mysql.transaction(async (tx) => {
        const { id } = await answerOnce(tx, request, async () => {
          const ask = { ...terms, userId, articleId, day: orderedDay(asked, now()) };
          return { id: await placeOrder(tx, jobs, ask) };
        });
        return readOrder(tx, id);
      }),
    );
    const presented = presentOrder(order as Order);
    res.setHeader("Location", `/orders/${presented.order_id}`);
    sendOk(res, presented, 201);
  };
}

/** POST /orders/:id/payment: again is the same. */
export function payForOrder({ authenticate, mysql, jobs, announcer }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { id } = read(OrderPath, req.params);
    const { order, changes } = await settled(mysql.transaction((tx) => payOrder(tx, jobs, userId, id)));
    if (changes.length > 0) await announcer.announce(...changes);
    sendOk(res, presentOrder(order));
  };
}

/** DELETE /orders/:id: gives the slot back before the time to pay is over; again is the same. */
export function withdraw({ authenticate, mysql, jobs }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { id } = read(OrderPath, req.params);
    const order = await settled(mysql.transaction((tx) => withdrawOrder(tx, jobs, userId, id)));
    sendOk(res, presentOrder(order));
  };
}

/** GET /orders/:id, to who ordered. */
export function showOrder({ authenticate, mysql }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { id } = read(OrderPath, req.params);
    const order = await readOrder(mysql, id);
    if (order?.userId !== userId) throw new Refusal("NOT_FOUND", `order ${id} does not exist`);
    sendOk(res, presentOrder(order));
  };
}

/** GET /orders: one's own, the newest first; `next` goes into `before`. */
export function listOrders({ authenticate, mysql }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { before = INT64_MAX, per_page } = read(OrdersQuery, req.query);
    const { rows, more } = await readListPage(
      per_page,
      (count) => readOrdersOf(mysql, userId, before, count),
      ({ orderId }) => orderId,
    );
    sendOk(res, { results: rows.map(presentOrder), ...more });
  };
}

/** GET /promotion-days: what can be ordered, and how much is left. */
export function listPromotionDays({ mysql, terms, now }: Parts): RequestHandler {
  return async (_req, res) => {
    const days = await promotionDays(mysql, daysOnSale(now()), terms.slotsPerDay);
    sendOk(res, { price_fen: terms.priceFen, pay_within_seconds: terms.timeoutMs / 1_000, results: days });
  };
}
