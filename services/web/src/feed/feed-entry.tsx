import type { Article } from "@headline/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { ArticleCard } from "../articles/article-card.js";
import { knownArticle, traceOf } from "../articles/known-articles.js";
import { makeEvent, queueEvent, queueSeen } from "../events/event-queue.js";
import { whenSeen } from "../events/on-screen.js";
import { words } from "../language/language.js";
import { DislikeDialog } from "../reactions/dislike-dialog.js";
import { undoBlock, undoDislike } from "../reactions/react-with-toast.js";
import { hasReacted } from "../reactions/reactions.js";
import type { FeedItem } from "./feed.js";

interface Props {
  readonly item: FeedItem;
  readonly position: number;
  /** Whether its author was blocked by an article further up: then it is not rendered. */
  readonly isGone: boolean;
}

/** An article of the feed, which reports that it was seen or opened, or is hidden. */
export function FeedEntry({ item, position, isGone }: Props) {
  const { articleId, exposure, reason } = item;
  const box = useRef<HTMLElement>(null);
  const [isChoosing, choose] = useState(false);
  const article = knownArticle(articleId);
  const isHidden = isGone || article === undefined;

  useEffect(() => {
    if (exposure === "" || isHidden || box.current === null) return;
    return whenSeen(box.current, () => queueSeen(exposure, articleId));
  }, [exposure, articleId, isHidden]);

  if (isHidden) return null;
  const isDisliked = hasReacted("dislike", articleId);
  const isBlocked = hasReacted("block", article.aut_id);
  return (
    <article
      ref={box}
      class={reason === "promoted" ? "entry promoted" : "entry"}
      tabIndex={-1}
      aria-labelledby={`title-${articleId}`}
      aria-posinset={position}
      aria-setsize={-1}
    >
      {isDisliked || isBlocked ? (
        <Unwanted article={article} isBlocked={isBlocked} />
      ) : (
        <ArticleCard
          article={article}
          reason={reason}
          onOpen={() => reportClick(articleId)}
          hide={traceOf(articleId) && { label: words.value.dislike, run: () => choose(true) }}
        />
      )}
      {isChoosing && <DislikeDialog article={article} onClose={() => choose(false)} />}
    </article>
  );
}

function reportClick(articleId: string): void {
  const token = traceOf(articleId)?.click;
  if (token !== undefined) queueEvent(makeEvent("click", token));
}

function Unwanted({ article, isBlocked }: { article: Article; isBlocked: boolean }) {
  const { article_id, aut_id, aut_name } = article;
  const undo = () => void (isBlocked ? undoBlock(article_id, aut_id) : undoDislike(article_id));
  return (
    <p class="unwanted">
      <span id={`title-${article_id}`} dir="auto">
        {isBlocked ? words.value.blocked(aut_name) : words.value.disliked}
      </span>
      <button type="button" class="link" onClick={undo}>
        {words.value.undo}
      </button>
    </p>
  );
}
