import { serverNow } from "./api.js";
import { articleCard } from "./card.js";
import { element } from "./element.js";
import { problemNote } from "./problem.js";
import { session } from "./session.js";
import { text } from "./text.js";
import { toast } from "./toast.js";

const PER_PAGE = 10;
const UPDATES_MAX = 100;
/** How far above the end the next page is asked for. */
const AHEAD = "800px";

/** The feed of one channel: new batches come on top, older ones below, and what happened stands in its foot. */
export function createFeed(channelId) {
  const pill = element("button", { type: "button", className: "pill", hidden: true, onclick: refresh });
  const notice = element("p", { className: "notice", hidden: true }, text.degraded);
  const list = element("ol", { className: "cards" }, ...Array.from({ length: PER_PAGE }, skeleton));
  const foot = element("div", { className: "foot" });
  const view = element("section", {}, element("div", { className: "pill-slot" }, pill), notice, list, foot);

  const shown = new Map(); // article id → its place in the list
  let cursor; // the timestamp of the older page that comes next, 0 at the end; undefined before the first page
  let since = 0; // what was published later is news
  let isBusy = false;

  const ending = new IntersectionObserver(
    ([entry]) => {
      if (entry.isIntersecting) loadOlder();
    },
    { rootMargin: AHEAD },
  );

  return { view, start, refresh, countUpdates };

  function start() {
    if (cursor === undefined) void load({ timestamp: serverNow(), with_top: 1 }, placeFirst);
  }

  function refresh() {
    window.scrollTo(0, 0);
    void load({ timestamp: serverNow(), with_top: 1 }, cursor === undefined ? placeFirst : placeOnTop);
  }

  function loadOlder() {
    void load({ timestamp: cursor }, placeOlder);
  }

  /** Past the oldest batch a reader goes on with a new one. */
  function loadAnother() {
    void load({ timestamp: serverNow() }, placeAnother);
  }

  /** How many new articles wait; an answer that does not come is asked for again in a while. */
  async function countUpdates() {
    if (since === 0 || isBusy) return;
    const asked = since;
    const { count } = await session.ask(`/articles/updates?channel_id=${channelId}&since=${since}`).catch(() => ({}));
    if (count === undefined || asked !== since) return;
    pill.hidden = count === 0;
    pill.textContent = text.waiting(count < UPDATES_MAX ? count : `${UPDATES_MAX}+`);
  }

  /** Asks for one page and puts it in its place. Trying again repeats the timestamp, so that it stays one batch. */
  async function load(query, place) {
    if (isBusy) return;
    isBusy = true;
    view.ariaBusy = "true";
    ending.disconnect();
    foot.replaceChildren(text.loading);
    try {
      const parameters = new URLSearchParams({ channel_id: channelId, per_page: PER_PAGE, ...query });
      const page = await session.ask(`/articles?${parameters}`);
      notice.hidden = !page.degraded;
      showFoot(page, place(page));
    } catch (problem) {
      if (cursor === undefined) list.replaceChildren();
      foot.replaceChildren(problemNote(problem, () => void load(query, place)));
    } finally {
      isBusy = false;
      view.ariaBusy = "false";
    }
  }

  function placeFirst(page) {
    list.replaceChildren();
    noteRefresh(page);
    cursor = page.has_more ? page.pre_timestamp : 0;
    return append(page.results);
  }

  /** What stood further down moves up: pinned articles come with every refresh. */
  function placeOnTop(page) {
    noteRefresh(page);
    const unseen = page.results.filter(({ article_id }) => !shown.has(article_id)).length;
    for (const { article_id } of page.results) shown.get(article_id)?.remove();
    list.prepend(...page.results.map(place));
    if (!page.degraded) toast(unseen > 0 ? text.recommended(unseen) : text.exhausted);
    return unseen;
  }

  function placeOlder(page) {
    cursor = page.has_more ? page.pre_timestamp : 0;
    return append(page.results);
  }

  function placeAnother(page) {
    noteRefresh(page);
    return append(page.results);
  }

  function noteRefresh(page) {
    since = page.server_time;
    pill.hidden = true;
  }

  function append(articles) {
    const unseen = articles.filter(({ article_id }) => !shown.has(article_id));
    list.append(...unseen.map(place));
    return unseen.length;
  }

  function place(article) {
    const item = element("li", {}, articleCard(article));
    shown.set(article.article_id, item);
    return item;
  }

  /** Scrolling goes on by itself, except at the end and while a degraded feed has nothing else to say. */
  function showFoot(page, added) {
    if (page.degraded && added === 0) foot.replaceChildren(button(text.retry, cursor > 0 ? loadOlder : loadAnother));
    else if (cursor > 0) {
      foot.replaceChildren(text.loading);
      ending.observe(foot);
    } else {
      const words = element("p", {}, page.exhausted ? text.exhausted : text.ended);
      foot.replaceChildren(
        ...(page.exhausted || shown.size > PER_PAGE ? [words] : []),
        button(text.another, loadAnother),
      );
    }
  }
}

function button(words, onclick) {
  return element("button", { type: "button", className: "plain", onclick }, words);
}

function skeleton() {
  const bars = [1, 2, 3].map(() => element("span"));
  return element("li", { className: "skeleton", ariaHidden: "true" }, ...bars);
}
