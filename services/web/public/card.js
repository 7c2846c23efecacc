import { element } from "./element.js";
import { ago, count, text } from "./text.js";

/** An article in a list: three covers stand in a row below the title, one stands beside it. */
export function articleCard(article) {
  const covers = article.cover.length >= 3 ? article.cover.slice(0, 3) : article.cover.slice(0, 1);
  const heading = element("h2", {}, element("a", { href: `#/articles/${article.article_id}` }, article.title));
  const pictures = element("div", { className: "covers" }, ...covers.map(coverBox));
  const layout = ["none", "one", "", "three"][covers.length];
  return element(
    "article",
    { className: `card ${layout}` },
    heading,
    ...(covers.length === 0 ? [] : [pictures]),
    metaLine(article),
  );
}

/** A picture in a box that has its size before the picture is there, and keeps it when there is none. */
export function coverBox(url) {
  const image = element("img", {
    src: url,
    alt: "",
    loading: "lazy",
    decoding: "async",
    referrerPolicy: "no-referrer",
  });
  image.addEventListener("error", () => image.remove());
  return element("div", { className: "cover" }, image);
}

export function timeOf(date) {
  return element("time", { dateTime: date, title: new Date(date).toLocaleString() }, ago(date));
}

function metaLine({ reason, aut_name, comment_count, like_count, pubdate }) {
  const label = text.reasons[reason];
  return element(
    "p",
    { className: "meta" },
    ...(label === undefined ? [] : [element("span", { className: `reason ${reason}` }, label)]),
    element("span", { className: "author" }, aut_name),
    element("span", {}, text.comments(count(comment_count))),
    element("span", {}, text.likes(count(like_count))),
    timeOf(pubdate),
  );
}
