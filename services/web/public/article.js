import { articleCard, coverBox, timeOf } from "./card.js";
import { element } from "./element.js";
import { problemNote } from "./problem.js";
import { session } from "./session.js";
import { openSignIn } from "./sign-in.js";
import { count, text } from "./text.js";
import { toast } from "./toast.js";

/** One article to read; `backTo` is where its reader came from. */
export function createArticle(articleId, backTo) {
  const body = element("div", { className: "loading" }, text.loading);
  const back = element("a", { className: "back", href: backTo }, `‹ ${text.back}`);
  const view = element("section", { className: "reading" }, back, body);

  async function start() {
    try {
      const article = await session.ask(`/articles/${articleId}`);
      body.replaceWith(reading(article), similarTo(article));
      if (view.isConnected) document.title = `${article.title} - ${text.brand}`;
      view.querySelector("h1").focus({ preventScroll: true });
    } catch (problem) {
      body.replaceChildren(problemNote(problem, start));
    }
  }

  return { view, start };
}

function reading(article) {
  const { title, aut_id, aut_name, pubdate, cover, content, comment_count, like_count, collect_count } = article;
  const counts = [
    text.comments(count(comment_count)),
    text.likes(count(like_count)),
    text.collects(count(collect_count)),
  ];
  return element(
    "article",
    {},
    element("h1", { tabIndex: -1 }, title),
    authorLine(aut_id, aut_name, timeOf(pubdate)),
    ...cover.slice(0, 1).map(coverBox),
    element("div", { className: "content" }, content),
    ...cover.slice(1).map(coverBox),
    element("p", { className: "meta" }, ...counts.map((words) => element("span", {}, words))),
  );
}

function authorLine(authorId, name, time) {
  const about = element("span", { className: "about" });
  const initial = element(
    "span",
    { className: "initial", ariaHidden: "true" },
    [...name].slice(0, 1).join("").toUpperCase(),
  );
  const words = element("div", { className: "words" }, element("b", {}, name), time, about);
  const line = element("div", { className: "author-line" }, initial, words);
  const button = session.reader?.userId === authorId ? undefined : followButton(authorId, () => void showAuthor());
  if (button !== undefined) line.append(button.view);
  void showAuthor();
  return line;

  /** Nice to have: without an answer the line stays empty. */
  async function showAuthor() {
    const author = await session.ask(`/users/${authorId}`).catch(() => undefined);
    if (author === undefined) return;
    about.textContent = [text.followers(count(author.follower_count)), author.about].filter(Boolean).join(" · ");
    button?.show(author.following === true);
  }
}

function followButton(authorId, onChange) {
  const view = element("button", { type: "button", onclick: toggle });
  let following;
  show(false);
  return { view, show };

  async function toggle() {
    if (session.reader === null) return openSignIn();
    try {
      await session.follow(authorId, !following);
      show(!following);
      onChange();
    } catch (problem) {
      toast(`${text.problems[problem.code] ?? problem.message} ${problem.requestId}`);
    }
  }

  function show(isFollowing) {
    following = isFollowing;
    view.textContent = following ? text.following : `＋ ${text.follow}`;
    view.ariaPressed = String(following);
    view.className = following ? "plain" : "strong";
  }
}

function similarTo({ similar }) {
  if (similar.length === 0) return "";
  const cards = similar.map((article) => element("li", {}, articleCard(article)));
  return element(
    "aside",
    {},
    element("h2", { className: "section" }, text.similar),
    element("ol", { className: "cards" }, ...cards),
  );
}
