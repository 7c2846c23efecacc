import { useEffect, useState } from "preact/hooks";
import { asProblem, type Problem } from "../api/send.js";
import { serverNow } from "../api/server-clock.js";
import type { Order, ReadArticle } from "../api/wire.js";
import { hrefOf } from "../app/routes.js";
import { knownArticle, noteArticle } from "../article/known-articles.js";
import { ProblemNote } from "../components/problem-note.js";
import { toast } from "../components/toast.js";
import { clock, dateTime, dayName, price } from "../language/format.js";
import { words } from "../language/language.js";
import { ask } from "../session/session.js";

/** One order, with what is left of its time to pay. */
export function OrderRow({ order, onPaid }: { order: Order; onPaid: (order: Order) => void }) {
  const isOpen = order.status === "unpaid";
  const secondsLeft = useSecondsUntil(order.expires_at, isOpen);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const text = words.value;
  const status = isOpen && secondsLeft <= 0 ? "expired" : order.status;

  const pay = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      onPaid(await ask<Order>(`/orders/${order.order_id}/payment`, { method: "POST" }));
      toast(text.paid);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <li class="row order">
      <ArticleTitle id={order.article_id} />
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
          <button type="button" class="primary" disabled={isBusy} onClick={() => void pay()}>
            {text.pay(price(order.price_fen))}
          </button>
        </p>
      )}
      {problem && <ProblemNote problem={problem} />}
    </li>
  );
}

/** An order names its article by id; its title is looked up once, and its number stands in for it. */
function ArticleTitle({ id }: { id: string }) {
  const title = knownArticle(id)?.title;
  const [, showAgain] = useState(0);
  useEffect(() => {
    if (title !== undefined) return;
    ask<ReadArticle>(`/articles/${id}`).then(
      (article) => {
        noteArticle(article);
        showAgain((times) => times + 1);
      },
      () => undefined, // deleted meanwhile
    );
  }, [id]);
  return (
    <a class="row-title" href={hrefOf.article(id)}>
      {title ?? `#${id}`}
    </a>
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
