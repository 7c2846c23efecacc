import { NewOrder, OrderPath, OrdersQuery } from "../orders/order-handlers.js";
import { Order, OrderList, PromotionDays } from "./answers.js";
import type { Route } from "./route.js";

export const orderRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/promotion-days",
    name: "promotionDays",
    summary: "What can be ordered, and how much is left",
    access: "nobody",
    answers: { data: PromotionDays },
  },
  {
    method: "post",
    path: "/orders",
    name: "order",
    summary: "Reserves a promotion slot for one's own article, to be paid in time",
    access: "signed-in",
    body: { schema: NewOrder },
    keyed: true,
    answers: { status: 201, data: Order, location: true },
    refuses: [403, 404],
  },
  {
    method: "get",
    path: "/orders",
    name: "orders",
    summary: "One's own orders, the newest first",
    access: "signed-in",
    query: OrdersQuery,
    answers: { data: OrderList },
  },
  {
    method: "get",
    path: "/orders/:id",
    name: "showOrder",
    summary: "One order, to who ordered",
    access: "signed-in",
    params: OrderPath,
    answers: { data: Order },
    refuses: [404],
  },
  {
    method: "post",
    path: "/orders/:id/payment",
    name: "pay",
    summary: "Pays; again is the same",
    repeatable: true,
    access: "signed-in",
    params: OrderPath,
    answers: { data: Order },
    refuses: [404, 409],
  },
];
