import type { Article } from "@headline/newsroom/articles";
import type { ArticleCounts } from "@headline/newsroom/statistics";
import { type Html, html, joined } from "@headline/service/html";

export interface PageChannel {
  readonly id: number;
  readonly name: string;
}

export interface PageArticle {
  readonly article: Article;
  readonly counts: ArticleCounts;
}

interface Page {
  readonly channel: PageChannel;
  readonly channels: readonly PageChannel[];
  readonly articles: readonly PageArticle[];
  /** Other sites whose covers are shown. */
  readonly coverOrigins: readonly string[];
}

/** A channel as a page without a script: for readers and crawlers that have none, and for when nothing else answers. */
export function pageHtml({ channel, channels, articles, coverOrigins }: Page): string {
  return html`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${channel.name} · 头条</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static-page.css">
</head>
<body>
<header><a class="brand" href="/">头条</a></header>
<nav aria-label="频道">${channels.map((other) => channelLink(other, channel))}</nav>
<main>
<h1 dir="auto">${channel.name}</h1>
<ol>
${joined(
  articles.map((article) => articleItem(article, coverOrigins)),
  "\n",
)}
</ol>
</main>
</body>
</html>
`.text;
}

function channelLink({ id, name }: PageChannel, current: PageChannel): Html {
  const here = id === current.id ? html` aria-current="page"` : "";
  return html`<a href="/pages/${id}"${here} dir="auto">${name}</a>`;
}

function articleItem({ article, counts }: PageArticle, coverOrigins: readonly string[]): Html {
  const { articleId, title, authorName, publishedAt, cover } = article;
  const time = publishedAt.toISOString();
  const pictures = cover.map((url) => picture(url, coverOrigins));
  return html`<li><a dir="auto" href="/#/articles/${articleId}">${title}</a>${pictures.length > 0 && html`<p class="covers">${pictures}</p>`}<p class="meta"><bdi>${authorName}</bdi> · ${counts.comments} 评论 · <time datetime="${time}">${time.slice(0, 16).replace("T", " ")} UTC</time></p></li>`;
}

/** A box of the same size stands for a picture of a site that is not shown. */
function picture(url: string, coverOrigins: readonly string[]): Html {
  if (!isShown(url, coverOrigins)) return html`<span class="no-cover"></span>`;
  return html`<img src="${url}" alt="" loading="lazy" width="160" height="100" referrerpolicy="no-referrer">`;
}

/** Paths are of this site. */
function isShown(url: string, coverOrigins: readonly string[]): boolean {
  return url.startsWith("/") || (URL.canParse(url) && coverOrigins.includes(new URL(url).origin));
}
