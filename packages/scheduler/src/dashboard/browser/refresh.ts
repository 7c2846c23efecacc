import { readServerClock, updateTimes } from "./clock.js";
import { morph } from "./morph.js";
import { byId, refreshEveryMs, showLiveState } from "./page.js";

const leaving = new AbortController();
let isRefreshing = false;
let isAsked = false;
let refreshedAt = 0;
let timer: number | undefined;

/** Fetches this page again and moves the differences in; a refresh that is asked for meanwhile follows soon. */
export async function refresh(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  if (isRefreshing) {
    isAsked = true;
    return;
  }
  isRefreshing = true;
  try {
    const page = await fetchPage();
    readServerClock(page);
    morph(byId("content"), byId("content", page));
    updateTimes();
  } catch (error) {
    if (!leaving.signal.aborted) showLiveState("error", `Not up to date: ${(error as Error).message}`);
  } finally {
    isRefreshing = false;
    refreshedAt = Date.now();
    if (isAsked) {
      isAsked = false;
      refreshSoon();
    }
  }
}

/** Refreshes at once after a quiet time, then at most every `refreshEveryMs`, with jitter among browsers. */
export function refreshSoon(): void {
  if (refreshEveryMs === 0 || timer !== undefined || document.hidden || leaving.signal.aborted) return;
  const waitMs = Math.max(40, refreshedAt + refreshEveryMs - Date.now()) + Math.random() * 160;
  timer = setTimeout(() => void refresh(), waitMs);
}

/** Ends refreshing before a form leads to another page: this one may be about a job that is then gone. */
export function stopRefreshing(): void {
  clearTimeout(timer);
  leaving.abort();
}

export function hasStopped(): boolean {
  return leaving.signal.aborted;
}

async function fetchPage(): Promise<Document> {
  const headers = { Accept: "text/html" };
  const response = await fetch(location.href, { headers, redirect: "error", signal: leaving.signal });
  if (!response.ok) throw new Error(`the page answered ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}
