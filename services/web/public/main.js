import { createArticle } from "./article.js";
import { element } from "./element.js";
import { createFeed } from "./feed.js";
import { problemNote } from "./problem.js";
import { openPublish } from "./publish.js";
import { session } from "./session.js";
import { openSignIn } from "./sign-in.js";
import { ago, isChinese, text, translatePage } from "./text.js";
import { toast } from "./toast.js";

const UPDATES_MS = 20_000;
const TIMES_MS = 60_000;

const main = document.getElementById("main");
const nav = document.getElementById("channels");
const feeds = new Map(); // channel id → its feed, kept with its place while something else is read
let screen; // what is shown: a feed or an article
let channelId = "0";

/** `#/articles/42` is an article, `#/channels/109` a channel, anything else the recommended feed. */
function open() {
  const [, place, id] = /^#\/(articles|channels)\/(\d+)$/.exec(location.hash) ?? [];
  if (place === "articles") return show(createArticle(id, `#/channels/${channelId}`));
  channelId = id ?? "0";
  if (!feeds.has(channelId)) feeds.set(channelId, createFeed(channelId));
  show(feeds.get(channelId));
}

function show(next) {
  if (screen !== undefined) Object.assign(screen, { scrollY: window.scrollY, focused: document.activeElement });
  screen = next;
  document.title = text.brand;
  main.replaceChildren(screen.view);
  markChannel();
  screen.start();
  window.scrollTo(0, screen.scrollY ?? 0);
  if (main.contains(screen.focused)) screen.focused.focus({ preventScroll: true });
}

function markChannel() {
  for (const link of nav.children) link.ariaCurrent = link.dataset?.id === channelId ? "page" : null;
  nav.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

async function showChannels() {
  try {
    const { channels } = await session.ask("/channels");
    const named = channels.map(({ id, name, name_en }) => ({ id, label: isChinese ? name : name_en }));
    nav.replaceChildren(...named.map(channelLink));
    const options = named.filter(({ id }) => id !== "0").map(({ id, label }) => new Option(label, id));
    document.querySelector("select[name=channel_id]").replaceChildren(...options);
    markChannel();
  } catch (problem) {
    nav.replaceChildren(problemNote(problem, showChannels));
  }
}

function channelLink({ id, label }) {
  const link = element("a", { href: `#/channels/${id}` }, label);
  link.dataset.id = id;
  return link;
}

function showReader() {
  const name = session.reader?.name;
  const reader = document.getElementById("reader");
  reader.textContent = name ?? "";
  reader.hidden = name === undefined;
  document.getElementById("sign-in").hidden = name !== undefined;
  document.getElementById("sign-out").hidden = name === undefined;
}

/** Another reader has other feeds. */
function startAgain({ detail: problem }) {
  if (problem) toast(text.problems[problem.code]);
  showReader();
  feeds.clear();
  open();
}

function refresh() {
  if (screen.refresh === undefined) location.hash = `#/channels/${channelId}`;
  else screen.refresh();
}

history.scrollRestoration = "manual";
translatePage();
showReader();
document.getElementById("refresh").addEventListener("click", refresh);
document.getElementById("publish").addEventListener("click", openPublish);
document.getElementById("sign-in").addEventListener("click", openSignIn);
document.getElementById("sign-out").addEventListener("click", () => session.signOut());
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the hash is for routes
  main.focus({ preventScroll: true });
});
window.addEventListener("hashchange", open);
session.addEventListener("change", startAgain);
setInterval(() => document.hidden || screen.countUpdates?.(), UPDATES_MS);
setInterval(() => {
  for (const time of document.querySelectorAll("time")) time.textContent = ago(time.dateTime);
}, TIMES_MS);
void showChannels();
open();
