import { asProblem, type Order, type Problem } from "@headline/client";
import { useEffect, useState } from "preact/hooks";
import { ProblemNote } from "../components/problem-note.js";
import { toast } from "../components/toast.js";
import { clock, dateTime, dayName, price } from "../language/format.js";
import { words } from "../language/language.js";
import { hrefOf } from "../routing/routes.js";
import { client, serverNow } from "../session/session.js";

/** An order, with the time left to pay it. */
export function OrderRow({ order, onChanged }: { order: Order; onChanged: (order: Order) => void }) {
  const isOpen = order.status === "unpaid";
  const secondsLeft = useSecondsUntil(order.expires_at, isOpen);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const text = words.value;
  const status = isOpen && secondsLeft <= 0 ? "expired" : order.status;

  const change = async (request: () => Promise<Order>, said: string) => {
    setBusy(true);
    setProblem(undefined);
    try {
      onChanged(await request());
      toast(said);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  const params = { id: order.order_id };
  const pay = () => change(() => client.call("pay", { params }), text.paid);
  const withdraw = () => change(() => client.call("withdrawOrder", { params }), text.withdrawn);

  return (
    <li class="row order">
      <a class="row-title" dir="auto" href={hrefOf.article(order.article_id)}>
        {order.article_title || `#${order.article_id}`}
      </a>
      <p class="meta">
        <span class={`status ${status}`}>{text.orderStatuses[status]}</span>
        <span>{text.orderOf(dayName(order.day))}</span>
        <span>{price(order.price_fen)}</span>
      </p>
      {order.promoted_from && order.promoted_until && (
        <p class="meta">{text.promotedFrom(dateTime(order.promoted_from), dateTime(order.promoted_until))}</p>
      )}
      {status === "unpaid" && (
        <p class="row-actions pay">
          <span class="countdown" role="timer">
            {text.payWithin} <b>{clock(secondsLeft)}</b>
          </span>
          <button type="button" class="link" disabled={isBusy} onClick={() => void withdraw()}>
            {text.withdraw}
          </button>
          <button type="button" class="primary" disabled={isBusy} onClick={() => void pay()}>
            {text.pay(price(order.price_fen))}
          </button>
        </p>
      )}
      {problem && <ProblemNote problem={problem} />}
    </li>
  );
}

function useSecondsUntil(date: string, counts: boolean): number {
  const secondsLeft = () => (Date.parse(date) - serverNow()) / 1_000;
  const [seconds, setSeconds] = useState(secondsLeft);
  useEffect(() => {
    if (!counts) return;
    const timer = setInterval(() => setSeconds(secondsLeft()), 1_000);
    return () => clearInterval(timer);
  }, [date, counts]);
  return seconds;
}
