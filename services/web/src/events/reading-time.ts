import { makeEvent, onLeavingPage, queueEvent } from "./event-queue.js";

/** Measures how long somebody reads, only while the page can be seen; says so once, when `stop` is called or the page goes away. */
export function measureReading(token: string): () => void {
  let readMs = 0;
  let since = visibleSince();
  const onVisibility = () => {
    readMs += elapsed(since);
    since = visibleSince();
  };
  document.addEventListener("visibilitychange", onVisibility);
  const forget = onLeavingPage(stop);
  return stop;

  function stop() {
    forget();
    document.removeEventListener("visibilitychange", onVisibility);
    const durationMs = Math.round(readMs + elapsed(since));
    if (durationMs > 0) queueEvent(makeEvent("read", token, { duration_ms: durationMs }));
    readMs = 0;
    since = undefined;
  }
}

function visibleSince(): number | undefined {
  return document.visibilityState === "visible" ? performance.now() : undefined;
}

function elapsed(since: number | undefined): number {
  return since === undefined ? 0 : performance.now() - since;
}
