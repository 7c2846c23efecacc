import { knownArticle } from "../articles/known-articles.js";
import { words } from "../language/language.js";
import { hasReacted } from "../reactions/reactions.js";
import type { Feed } from "./feed.js";
import { FeedEntry } from "./feed-entry.js";

/** Articles of the feed, with a mark at the reading position before the last refresh. */
export function FeedEntries({ feed, refresh }: { feed: Feed; refresh: () => void }) {
  const items = feed.items.value;
  const seenUpTo = feed.seenUpTo.value;
  const blocked = new Set<string>();
  return (
    <div
      role="feed"
      class="entries"
      aria-label={words.value.feed}
      aria-busy={feed.doing.value !== "nothing"}
      onKeyDown={moveByPage}
    >
      {items.flatMap((item, index) => {
        const author = knownArticle(item.articleId)?.aut_id ?? "";
        const isGone = blocked.has(author);
        if (hasReacted("block", author)) blocked.add(author); // the first of the author stays, to say so and to undo it
        const entry = <FeedEntry key={item.articleId} item={item} position={index + 1} isGone={isGone} />;
        if (item.articleId !== seenUpTo) return [entry];
        const mark = (
          <button type="button" class="seen-up-to" key="seen-up-to" onClick={refresh}>
            {words.value.seenUpTo}
          </button>
        );
        return [mark, entry];
      })}
    </div>
  );
}

/** Moves by Page Down and Page Up from article to article, as in every feed of role "feed". */
function moveByPage(event: KeyboardEvent): void {
  const step = event.key === "PageDown" ? 1 : event.key === "PageUp" ? -1 : 0;
  const here = (event.target as Element).closest("article");
  if (step === 0 || here === null) return;
  const entries = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>("article")];
  const next = entries[entries.indexOf(here as HTMLElement) + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
