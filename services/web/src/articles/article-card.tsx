import type { Article } from "@headline/client";
import { Cover } from "../components/cover.js";
import { Icon } from "../components/icon.js";
import { TimeAgo } from "../components/time-ago.js";
import { count } from "../language/format.js";
import { words } from "../language/language.js";
import { hrefOf } from "../routing/routes.js";

interface Props {
  readonly article: Article;
  readonly reason?: string;
  readonly onOpen?: () => void;
  /** Button that takes the article out of the list. */
  readonly hide?: { readonly label: string; readonly run: () => void } | undefined;
}

const LAYOUTS = ["none", "one", "one", "three"] as const;

/** An article in a list: three covers stand in a row below the title, one stands beside it. */
export function ArticleCard({ article, reason = "", onOpen, hide }: Props) {
  const covers = article.cover.length >= 3 ? article.cover.slice(0, 3) : article.cover.slice(0, 1);
  const text = words.value;
  return (
    <div class={`card ${LAYOUTS[covers.length]}`}>
      <h2 dir="auto">
        <a id={`title-${article.article_id}`} href={hrefOf.article(article.article_id)} onClick={() => onOpen?.()}>
          {article.title}
        </a>
      </h2>
      {covers.length > 0 && (
        <div class="covers">
          {covers.map((url) => (
            <Cover url={url} key={url} />
          ))}
        </div>
      )}
      <div class="meta">
        {text.reasons[reason] !== undefined && <span class={`reason ${reason}`}>{text.reasons[reason]}</span>}
        <span class="author" dir="auto">
          {article.aut_name}
        </span>
        {article.comment_count > 0 && <span>{text.comments(count(article.comment_count))}</span>}
        {article.like_count > 0 && <span class="likes">{text.likes(count(article.like_count))}</span>}
        <TimeAgo date={article.pubdate} />
        {hide && (
          <button type="button" class="hide" aria-label={`${hide.label}: ${article.title}`} onClick={hide.run}>
            <Icon name="close" />
          </button>
        )}
      </div>
    </div>
  );
}
