import type { EventItem } from "@headline/client";
import { readStored, store } from "../device/storage.js";
import { makeEvent, onLeavingPage, queueEvent } from "./event-queue.js";

/** Key of a read while its page is hidden: a phone may end the page without notice. */
const HIDDEN = "headline.reading";

/** Measures reading time while the page is visible; reports it once, on `stop` or when the page goes away. */
export function measureReading(token: string): () => void {
  const begun = makeEvent("read", token);
  let readMs = 0;
  let since = visibleSince();
  let isReported = false;
  const onVisibility = () => {
    readMs += elapsed(since);
    since = visibleSince();
    store(HIDDEN, since === undefined && readMs > 0 ? ended() : undefined);
  };
  document.addEventListener("visibilitychange", onVisibility);
  const forget = onLeavingPage(stop);
  return stop;

  function ended(): EventItem {
    return { ...begun, duration_ms: Math.round(readMs + elapsed(since)) };
  }

  function stop() {
    forget();
    document.removeEventListener("visibilitychange", onVisibility);
    store(HIDDEN, undefined);
    const event = ended();
    if (event.duration_ms && !isReported) queueEvent(event);
    isReported = true;
  }
}

/** Reports the reading time that an earlier page could not report. */
export function reportUnsentReading(): void {
  const unsent = readStored<EventItem>(HIDDEN);
  store(HIDDEN, undefined);
  if (unsent !== undefined) queueEvent(unsent);
}

function visibleSince(): number | undefined {
  return document.visibilityState === "visible" ? performance.now() : undefined;
}

function elapsed(since: number | undefined): number {
  return since === undefined ? 0 : performance.now() - since;
}
