import type { Article } from "@headline/client";
import { useState } from "preact/hooks";
import { Icon } from "../components/icon.js";
import { count } from "../language/format.js";
import { words } from "../language/language.js";
import { DislikeDialog } from "../reactions/dislike-dialog.js";
import { toggleReaction, undoBlock, undoDislike } from "../reactions/react-with-toast.js";
import { canReact, hasReacted } from "../reactions/reactions.js";
import { share } from "./share.js";

/** Bar of reactions to an article. */
export function ReactionBar({ article }: { article: Article }) {
  const [isChoosing, choose] = useState(false);
  const text = words.value;
  const id = article.article_id;
  const isLiked = hasReacted("liking", id);
  const isCollected = hasReacted("collect", id);
  return (
    <div class="reactions">
      <button
        type="button"
        class="like"
        aria-pressed={isLiked}
        aria-label={text.counted(text.like, count(article.like_count))}
        onClick={() => void toggleReaction("liking", id)}
      >
        <Icon name="heart" filled={isLiked} /> <span class="number">{count(article.like_count)}</span>
      </button>
      <button
        type="button"
        class="collect"
        aria-pressed={isCollected}
        aria-label={text.counted(text.collect, count(article.collect_count))}
        onClick={() => void toggleReaction("collect", id)}
      >
        <Icon name="star" filled={isCollected} /> <span class="number">{count(article.collect_count)}</span>
      </button>
      <button
        type="button"
        class="to-comments"
        aria-label={text.counted(text.commentsTitle, count(article.comment_count))}
        onClick={showComments}
      >
        <Icon name="comment" /> <span class="number">{count(article.comment_count)}</span>
      </button>
      <button type="button" aria-label={text.share} onClick={() => void share(article.title)}>
        <Icon name="share" />
      </button>
      {canReact(id) && <Unwanted article={article} choose={() => choose(true)} />}
      {isChoosing && <DislikeDialog article={article} onClose={() => choose(false)} />}
    </div>
  );
}

function Unwanted({ article, choose }: { article: Article; choose: () => void }) {
  const { article_id: id, aut_id: authorId } = article;
  const isBlocked = hasReacted("block", authorId);
  const isUnwanted = isBlocked || hasReacted("dislike", id);
  const undo = () => void (isBlocked ? undoBlock(id, authorId) : undoDislike(id));
  return (
    <button
      type="button"
      class="dislike"
      aria-pressed={isUnwanted}
      aria-label={words.value.dislike}
      onClick={isUnwanted ? undo : choose}
    >
      <Icon name="hide" />
    </button>
  );
}

function showComments(): void {
  const section = document.getElementById("comments");
  section?.scrollIntoView({ block: "start" });
  section?.querySelector<HTMLElement>("textarea, h2")?.focus({ preventScroll: true });
}
