import { base, refreshEveryMs, showLiveState } from "./page.js";
import { refreshSoon } from "./refresh.js";

/** Refresh beside a stream that works, for what no event names. */
const SLOW_MS = 15_000;
/** Refresh while there is no stream. */
const POLL_MS = 5_000;
const EVENTS = ["job", "execution", "scheduler", "store", "more"];

let stream: EventSource | undefined;
let polling: number | undefined;

/** Opens the event stream; every event refreshes the page, and without a stream a timer does. */
export function openStream(): void {
  if (stream !== undefined || refreshEveryMs === 0) return;
  const opened = new EventSource(`${base}/events`);
  stream = opened;
  opened.addEventListener("open", () => {
    refreshEvery(SLOW_MS);
    showLiveState("on", "Live");
  });
  for (const event of EVENTS) opened.addEventListener(event, refreshSoon);
  opened.addEventListener("error", () => {
    showLiveState("off", opened.readyState === EventSource.CLOSED ? "Every 5 s" : "Reconnecting");
    refreshEvery(POLL_MS);
  });
}

export function closeStream(): void {
  stream?.close();
  stream = undefined;
  clearInterval(polling);
}

function refreshEvery(ms: number): void {
  clearInterval(polling);
  polling = setInterval(refreshSoon, ms);
}
