import { Icon } from "../components/icon.js";
import { count } from "../language/format.js";
import { words } from "../language/language.js";
import type { Feed } from "./feed.js";

/** Button that loads new articles, or refreshes once the recommender is back. */
export function UpdatesPill({ feed, refresh }: { feed: Feed; refresh: () => void }) {
  const waiting = feed.waiting.value;
  const label = feed.hasRecovered.value
    ? words.value.recovered
    : words.value.waiting(waiting < 100 ? count(waiting) : "99+");
  const isShown = (waiting > 0 || feed.hasRecovered.value) && feed.doing.value === "nothing";
  return (
    <div class="pill-slot" role="status">
      {isShown && (
        <button type="button" class="pill" onClick={refresh}>
          <Icon name="up" /> {label}
        </button>
      )}
    </div>
  );
}
