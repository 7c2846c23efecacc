import type { Order } from "@headline/client";
import { useLayoutEffect } from "preact/hooks";
import { SignInFirst } from "../account/sign-in-first.js";
import { ListFoot } from "../components/list-foot.js";
import { PageHead } from "../components/page-head.js";
import { useList } from "../components/use-list.js";
import { words } from "../language/language.js";
import { restoreScroll } from "../routing/scroll-positions.js";
import { client, reader } from "../session/session.js";
import { OrderRow } from "./order-row.js";

const PER_PAGE = 20;

export function OrdersPage() {
  useLayoutEffect(() => restoreScroll(0), []);
  return (
    <section class="plain-page">
      <PageHead title={words.value.orders} />
      {reader.value === undefined ? (
        <SignInFirst why={words.value.signInToSee} />
      ) : (
        <Orders key={reader.value.userId} />
      )}
    </section>
  );
}

function Orders() {
  const list = useList("orders", (before) => client.call("orders", { query: { before, per_page: PER_PAGE } }));
  const replace = (changed: Order) =>
    list.change((orders) => orders.map((order) => (order.order_id === changed.order_id ? changed : order)));
  return (
    <>
      <ul class="rows">
        {list.items.map((order) => (
          <OrderRow key={order.order_id} order={order} onChanged={replace} />
        ))}
      </ul>
      <ListFoot list={list} whenEmpty={words.value.noOrders} />
    </>
  );
}
