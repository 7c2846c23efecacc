import { keep, readKept } from "../device/kept.js";
import { makeEvent, onLeavingPage, queueEvent, type ReaderEvent } from "./event-queue.js";

/** Where a read waits while its page is hidden: a phone may end the page without a word. */
const HIDDEN = "headline.reading";

/** Measures reading time while the page is visible; reports it once, on `stop` or when the page goes away. */
export function measureReading(token: string): () => void {
  const begun = makeEvent("read", token);
  let readMs = 0;
  let since = visibleSince();
  let isTold = false;
  const onVisibility = () => {
    readMs += elapsed(since);
    since = visibleSince();
    keep(HIDDEN, since === undefined && readMs > 0 ? ended() : undefined);
  };
  document.addEventListener("visibilitychange", onVisibility);
  const forget = onLeavingPage(stop);
  return stop;

  function ended(): ReaderEvent {
    return { ...begun, duration_ms: Math.round(readMs + elapsed(since)) };
  }

  function stop() {
    forget();
    document.removeEventListener("visibilitychange", onVisibility);
    keep(HIDDEN, undefined);
    const event = ended();
    if (event.duration_ms && !isTold) queueEvent(event);
    isTold = true;
  }
}

/** Says what an earlier page could not say any more. */
export function tellUntoldReading(): void {
  const untold = readKept<ReaderEvent>(HIDDEN);
  keep(HIDDEN, undefined);
  if (untold !== undefined) queueEvent(untold);
}

function visibleSince(): number | undefined {
  return document.visibilityState === "visible" ? performance.now() : undefined;
}

function elapsed(since: number | undefined): number {
  return since === undefined ? 0 : performance.now() - since;
}
