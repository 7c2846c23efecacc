import type { Article, ArticleDetail } from "@headline/client";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { ArticleCard } from "../articles/article-card.js";
import { knownArticle, noteArticle, noteLinkTrace, storeTraceOf, traceOf } from "../articles/known-articles.js";
import { CommentList } from "../comments/comment-list.js";
import { Cover } from "../components/cover.js";
import { PageHead } from "../components/page-head.js";
import { ProblemNote } from "../components/problem-note.js";
import { TextSkeleton } from "../components/skeleton.js";
import { TimeAgo } from "../components/time-ago.js";
import { useQuery } from "../components/use-query.js";
import { measureReading } from "../events/reading-time.js";
import { dateTime } from "../language/format.js";
import { words } from "../language/language.js";
import { noteViewer, reactionsSoFar, withOwnReactions } from "../reactions/reactions.js";
import { hrefOf } from "../routing/routes.js";
import { restoreScroll } from "../routing/scroll-positions.js";
import { client, reader } from "../session/session.js";
import { AuthorLine } from "../users/author-line.js";
import { ReactionBar } from "./reaction-bar.js";

/** Articles read last, shown at once when the reader comes back. */
const READ_MAX = 20;
const read = new Map<string, ArticleDetail>();

export function ArticlePage({ id }: { id: string }) {
  const who = reader.value?.userId ?? "guest";
  const { value = read.get(id), problem, reload } = useQuery(`${id} ${who}`, () => load(id));
  const article = knownArticle(id) ?? value;
  const title = article?.title;

  useLayoutEffect(() => restoreScroll(0), [id]);
  useEffect(() => {
    if (title !== undefined) document.title = `${title} - ${words.value.brand}`;
  }, [title]);
  const token = traceOf(id)?.read;
  useEffect(() => {
    storeTraceOf(id);
    return token === undefined ? undefined : measureReading(token);
  }, [id, token]);

  return (
    <section class="reading">
      <PageHead />
      {article !== undefined && !(problem && value === undefined) && (
        <article aria-labelledby="article-title">
          <h1 id="article-title" tabIndex={-1} dir="auto">
            {article.title}
          </h1>
          <AuthorLine article={article} isFollowing={value?.viewer?.following} />
          <Body article={article} content={value?.content} />
          <p class="meta">
            {value !== undefined && waits(value) ? <Waiting article={value} /> : <TimeAgo date={article.pubdate} />}
            {article.aut_id === reader.value?.userId && <a href={hrefOf.edit(id)}>{words.value.edit}</a>}
          </p>
        </article>
      )}
      {article === undefined && problem === undefined && <TextSkeleton />}
      {problem && value === undefined && <ProblemNote problem={problem} retry={reload} />}
      {value !== undefined && <Similar articles={value.similar} />}
      {value !== undefined && !waits(value) && <CommentList articleId={id} />}
      {article !== undefined && value !== undefined && !waits(value) && <ReactionBar article={article} />}
    </section>
  );
}

/** Whether only its author can read it yet. */
function waits({ status }: ArticleDetail): boolean {
  return status !== "published";
}

function Waiting({ article: { status, publish_at } }: { article: ArticleDetail }) {
  return (
    <>
      <span class={`status ${status}`}>{words.value.statuses[status]}</span>
      {publish_at && <span>{dateTime(publish_at)}</span>}
    </>
  );
}

function Body({ article, content }: { article: Article; content: string | undefined }) {
  const [first, ...others] = article.cover;
  return (
    <>
      {first !== undefined && <Cover url={first} eager />}
      {content === undefined ? (
        <TextSkeleton />
      ) : (
        <div class="content" dir="auto">
          {content}
        </div>
      )}
      {others.map((url) => (
        <Cover url={url} key={url} />
      ))}
    </>
  );
}

function Similar({ articles }: { articles: readonly Article[] }) {
  if (articles.length === 0) return null;
  return (
    <aside aria-labelledby="similar">
      <h2 class="section" id="similar">
        {words.value.similar}
      </h2>
      {articles.map((article) => (
        <div class="entry" key={article.article_id}>
          <ArticleCard article={knownArticle(article.article_id) ?? article} />
        </div>
      ))}
    </aside>
  );
}

async function load(id: string): Promise<ArticleDetail> {
  const before = reactionsSoFar();
  const article = await client.call("article", { params: { id } });
  if (waits(article)) return article; // not cached: the next reader of this device may not be its author
  noteArticle(withOwnReactions(article, before));
  noteViewer(article, before);
  for (const other of article.similar) noteArticle(other);
  if (article.trace !== undefined) noteLinkTrace(id, article.trace);
  read.delete(id);
  read.set(id, article);
  const oldest = read.keys().next().value;
  if (read.size > READ_MAX && oldest !== undefined) read.delete(oldest);
  return article;
}
