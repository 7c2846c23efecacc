import { asProblem, type OwnArticle, type Problem, randomId } from "@headline/client";
import { useRef, useState } from "preact/hooks";
import { Dialog } from "../components/dialog.js";
import { ProblemNote } from "../components/problem-note.js";
import { TextSkeleton } from "../components/skeleton.js";
import { toast } from "../components/toast.js";
import { useQuery } from "../components/use-query.js";
import { dayName, price } from "../language/format.js";
import { words } from "../language/language.js";
import { go, hrefOf } from "../routing/routes.js";
import { client } from "../session/session.js";

/** Choice of the day on which an article is promoted; the order is then to be paid. */
export function OrderDialog({ article, onClose }: { article: OwnArticle; onClose: () => void }) {
  const days = useQuery("days", () => client.call("promotionDays"));
  const [chosen, choose] = useState<string | undefined>(undefined);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  /** One key a day: pressing twice is one order. */
  const keys = useRef(new Map<string, string>());
  const text = words.value;
  const offered = days.value?.results ?? [];
  const day = chosen ?? offered.find(({ available }) => available > 0)?.day;

  const order = async (event: SubmitEvent) => {
    event.preventDefault();
    if (day === undefined) return;
    const key = keys.current.get(day) ?? randomId();
    keys.current.set(day, key);
    setBusy(true);
    setProblem(undefined);
    try {
      const body = { article_id: article.article_id, day };
      await client.call("order", { body }, { idempotencyKey: key });
      onClose();
      toast(text.reserved);
      go(hrefOf.orders);
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
      days.reload();
    }
  };

  return (
    <Dialog title={text.promoteTitle} onClose={onClose}>
      <p class="quoted" dir="auto">
        {article.title}
      </p>
      {days.problem && <ProblemNote problem={days.problem} retry={days.reload} />}
      {days.value === undefined && !days.problem && <TextSkeleton />}
      {days.value !== undefined && (
        <form class="fields" onSubmit={(event) => void order(event)}>
          <p class="hint">{text.promoteWords(price(days.value.price_fen))}</p>
          <fieldset>
            <legend>{text.day}</legend>
            <div class="days">
              {offered.map(({ day: name, available }) => (
                <label key={name}>
                  <input
                    type="radio"
                    name="day"
                    checked={name === day}
                    disabled={available === 0}
                    onChange={() => choose(name)}
                  />
                  <span>
                    <b>{dayName(name)}</b>
                    <small>{text.daysLeft(available)}</small>
                  </span>
                </label>
              ))}
            </div>
          </fieldset>
          {problem && <ProblemNote problem={problem} />}
          <button type="submit" class="primary wide" disabled={isBusy || day === undefined}>
            {text.placeOrder} · {price(days.value.price_fen)}
          </button>
        </form>
      )}
    </Dialog>
  );
}
