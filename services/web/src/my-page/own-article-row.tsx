import type { OwnArticle } from "@headline/client";
import { TimeAgo } from "../components/time-ago.js";
import { count, dateTime } from "../language/format.js";
import { words } from "../language/language.js";
import { hrefOf } from "../routing/routes.js";

interface Props {
  readonly article: OwnArticle;
  readonly onDelete: () => void;
  readonly onPromote: () => void;
}

export function OwnArticleRow({ article, onDelete, onPromote }: Props) {
  const { article_id: id, status, title } = article;
  const text = words.value;
  const isOut = status === "published";
  return (
    <li class="row">
      <a class="row-title" dir="auto" href={hrefOf.article(id)}>
        {title}
      </a>
      <p class="meta">
        <span class={`status ${status}`}>{text.statuses[status]}</span>
        {article.pubdate && <TimeAgo date={article.pubdate} />}
        {article.publish_at && <span>{dateTime(article.publish_at)}</span>}
        {isOut && (
          <>
            <span>{text.comments(count(article.comment_count))}</span>
            <span>{text.likes(count(article.like_count))}</span>
            <span>{text.collects(count(article.collect_count))}</span>
          </>
        )}
      </p>
      <p class="row-actions">
        {isOut && (
          <button type="button" class="link" aria-label={`${text.promote}: ${title}`} onClick={onPromote}>
            {text.promote}
          </button>
        )}
        <a class="link" href={hrefOf.edit(id)} aria-label={`${text.edit}: ${title}`}>
          {text.edit}
        </a>
        <button type="button" class="link" aria-label={`${text.delete}: ${title}`} onClick={onDelete}>
          {text.delete}
        </button>
      </p>
    </li>
  );
}
