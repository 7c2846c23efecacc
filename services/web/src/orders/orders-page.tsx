import { useLayoutEffect } from "preact/hooks";
import { SignInFirst } from "../account/sign-in-first.js";
import type { Order } from "../api/wire.js";
import { ListFoot } from "../components/list-foot.js";
import { PageHead } from "../components/page-head.js";
import { useListed } from "../components/use-listed.js";
import { words } from "../language/language.js";
import { scrollToPlace } from "../routing/places.js";
import { reader } from "../session/session.js";
import { OrderRow } from "./order-row.js";

export function OrdersPage() {
  useLayoutEffect(() => scrollToPlace(0), []);
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
  const list = useListed<Order>("/orders?per_page=20");
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
