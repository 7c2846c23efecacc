/**
 * What runs in the browser. It asks for the same page again when something has happened and moves the differences in,
 * so that the server alone knows what a page looks like. Everything works without it.
 */
export const script = `
const { base, every } = document.body.dataset;
const everyMs = Number(every);
const live = document.getElementById("live");
const toast = document.getElementById("toast");
const csrfToken = document.querySelector('meta[name="csrf-token"]').content;

// ── time goes on ──────────────────────────────────────────────────────────────────────────────────────────────────

/** The server's clock minus this machine's. */
let skewMs = 0;

function learnSkew(root) {
  const timed = root.querySelector("[data-now]");
  if (timed) skewMs = Number(timed.dataset.now) - Date.now();
}

function roughLength(seconds) {
  if (seconds < 90) return seconds + " s";
  if (seconds < 5400) return Math.round(seconds / 60) + " min";
  if (seconds < 129600) return Math.round(seconds / 3600) + " h";
  return Math.round(seconds / 86400) + " d";
}

function relativeText(at, now) {
  const seconds = Math.round((at - now) / 1000);
  if (seconds === 0) return "now";
  return seconds > 0 ? "in " + roughLength(seconds) : roughLength(-seconds) + " ago";
}

function lengthText(ms) {
  if (ms < 60000) return (ms / 1000).toFixed(1) + " s";
  const seconds = Math.round(ms / 1000);
  const two = (n) => String(n).padStart(2, "0");
  if (seconds < 3600) return Math.floor(seconds / 60) + " min " + two(seconds % 60) + " s";
  return Math.floor(seconds / 3600) + " h " + two(Math.floor(seconds / 60) % 60) + " min";
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  const now = Date.now() + skewMs;
  for (const element of document.querySelectorAll("[data-relative]")) {
    setText(element, relativeText(Number(element.dataset.relative), now));
  }
  for (const element of document.querySelectorAll("[data-running]")) {
    setText(element, lengthText(Math.max(0, now - Number(element.dataset.running))) + " …");
  }
}

// ── the page brings itself up to date ─────────────────────────────────────────────────────────────────────────────

/** Makes the old element like the new one; rows are known by their keys, and what the visitor opened stays open. */
function morph(old, fresh) {
  if (old.isEqualNode(fresh) || old.hasAttribute("data-still")) return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.matches("input, select, textarea")) return;
  morphChildren(old, fresh);
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("data-key") : null;
}

function sameKind(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
}

function morphChildren(old, fresh) {
  const keyed = new Map();
  for (const child of old.children) if (keyOf(child) !== null) keyed.set(child.nodeName + keyOf(child), child);
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const key = keyOf(next);
    const known = key === null ? undefined : keyed.get(next.nodeName + key);
    if (known !== undefined && known !== at) old.insertBefore(known, at);
    const match = known ?? (at !== null && key === null && keyOf(at) === null && sameKind(at, next) ? at : null);
    if (match === null) {
      const added = document.importNode(next, true);
      if (added.nodeName === "TR") added.classList.add("fresh");
      old.insertBefore(added, at);
      continue;
    }
    at = match.nextSibling;
    if (next.nodeType === Node.ELEMENT_NODE) morph(match, next);
    else if (match.nodeValue !== next.nodeValue) match.nodeValue = next.nodeValue;
  }
  while (at !== null) {
    const gone = at;
    at = at.nextSibling;
    if (!(gone.nodeType === Node.ELEMENT_NODE && gone.hasAttribute("data-still"))) gone.remove();
  }
}

const leaving = new AbortController();
let refreshing = false;
let again = false;
let refreshedAt = 0;
let timer;

async function refresh() {
  clearTimeout(timer);
  timer = undefined;
  if (refreshing) {
    again = true;
    return;
  }
  refreshing = true;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error", signal: leaving.signal });
    if (!response.ok) throw new Error("the page answered " + response.status);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    learnSkew(page);
    morph(document.getElementById("content"), page.getElementById("content"));
    tick();
  } catch (error) {
    if (!leaving.signal.aborted) say("error", "Not up to date: " + error.message);
  } finally {
    refreshing = false;
    refreshedAt = Date.now();
    if (again) {
      again = false;
      refreshSoon();
    }
  }
}

/** Soon after a quiet while, and then no more often than the page allows; not all browsers at the same moment. */
function refreshSoon() {
  if (everyMs === 0 || timer !== undefined || document.hidden || leaving.signal.aborted) return;
  timer = setTimeout(refresh, Math.max(40, refreshedAt + everyMs - Date.now()) + Math.random() * 160);
}

// ── what happens ──────────────────────────────────────────────────────────────────────────────────────────────────

const SLOW_MS = 15000;
const POLL_MS = 5000;
let stream;
let polling;

function say(state, text) {
  live.dataset.state = state;
  setText(live.firstElementChild, text);
}

function watch() {
  if (stream !== undefined || everyMs === 0) return;
  stream = new EventSource(base + "/events");
  stream.addEventListener("open", () => {
    clearInterval(polling);
    polling = setInterval(refreshSoon, SLOW_MS);
    say("on", "Live");
  });
  for (const kind of ["job", "execution", "scheduler", "store", "more"]) stream.addEventListener(kind, refreshSoon);
  stream.addEventListener("error", () => {
    const over = stream.readyState === EventSource.CLOSED;
    say("off", over ? "Every 5 s" : "Reconnecting");
    clearInterval(polling);
    polling = setInterval(refreshSoon, POLL_MS);
  });
}

function stopWatching() {
  stream?.close();
  stream = undefined;
  clearInterval(polling);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return stopWatching();
  watch();
  refreshSoon();
});

// A page that was left and comes back has stopped following what happens.
addEventListener("pageshow", (event) => {
  if (event.persisted && leaving.signal.aborted) location.reload();
});

// ── buttons act without leaving the page ──────────────────────────────────────────────────────────────────────────

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  if (form.dataset.action === undefined) return leave();
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const path = new URL(form.action).pathname;
    const response = await fetch(base + "/api" + path.slice(base.length), { method: "POST", headers: { "X-CSRF-Token": csrfToken } });
    if (!response.ok) throw new Error((await response.json()).detail ?? "It did not work (" + response.status + ").");
    tell("");
  } catch (error) {
    tell(error.message);
  } finally {
    button.disabled = false;
    await refresh();
  }
});

/** The page that a form leads to shows what is new; this one may be about a job that is then gone. */
function leave() {
  clearTimeout(timer);
  stopWatching();
  leaving.abort();
}

let telling;

function tell(text) {
  clearTimeout(telling);
  setText(toast, text);
  if (text !== "") telling = setTimeout(() => setText(toast, ""), 8000);
}

for (const form of document.querySelectorAll("form.filters")) {
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement) form.requestSubmit();
  });
  // Fields that are left empty need not be in the address.
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
  });
}

const notice = document.querySelector(".notice");
if (notice !== null) {
  const here = new URL(location.href);
  here.searchParams.delete("notice");
  history.replaceState(null, "", here);
  setTimeout(() => notice.remove(), 6000);
}

learnSkew(document);
setInterval(tick, 1000);
if (!document.hidden) watch();
`;
