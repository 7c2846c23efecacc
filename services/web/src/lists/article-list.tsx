import type { ListedArticle } from "@headline/client";
import { useState } from "preact/hooks";
import { ArticleCard } from "../articles/article-card.js";
import { ListFoot } from "../components/list-foot.js";
import { words } from "../language/language.js";
import { noteTakenBack } from "../reactions/reactions.js";
import type { MyList } from "../routing/routes.js";
import { client } from "../session/session.js";
import { ClearDialog } from "./clear-dialog.js";
import { ListCount } from "./list-count.js";
import { useCountedList } from "./use-counted-list.js";

type Name = Exclude<MyList, "blocked">;

const PER_PAGE = 20;
const CALLS = {
  collected: { read: "collected", remove: "uncollect", reaction: "collect" },
  liked: { read: "liked", remove: "unlike", reaction: "liking" },
  read: { read: "readingHistory", remove: "removeRead", reaction: undefined },
} as const;

/** Articles that the reader collected, likes or has read. */
export function ArticleList({ list: name }: { list: Name }) {
  const { read, remove: removal, reaction } = CALLS[name];
  const { list, count, remove } = useCountedList(name, (before) =>
    client.call(read, { query: { before, per_page: PER_PAGE } }),
  );
  const [isClearing, setClearing] = useState(false);
  const text = words.value;
  const take = (entry: ListedArticle) =>
    remove(entry, async () => {
      await client.call(removal, { params: { id: entry.article_id } });
      if (reaction !== undefined) noteTakenBack(reaction, entry.article_id);
    });
  return (
    <>
      <div class="list-head">
        <ListCount of={count} />
        {name === "read" && list.items.length > 0 && (
          <button type="button" class="link" onClick={() => setClearing(true)}>
            {text.clear}
          </button>
        )}
      </div>
      {list.items.map((entry) => (
        <Entry key={entry.article_id} entry={entry} onRemove={() => void take(entry)} />
      ))}
      <ListFoot list={list} whenEmpty={text.nothingListed} />
      {isClearing && <ClearDialog onClose={() => setClearing(false)} onCleared={list.reload} />}
    </>
  );
}

function Entry({ entry, onRemove }: { entry: ListedArticle; onRemove: () => void }) {
  const text = words.value;
  if (entry.article !== null)
    return (
      <div class="entry">
        <ArticleCard article={entry.article} hide={{ label: text.remove, run: onRemove }} />
      </div>
    );
  return (
    <div class="entry gone">
      <p>{text.articleGone}</p>
      <button type="button" class="link" onClick={onRemove}>
        {text.remove}
      </button>
    </div>
  );
}
