import { type EventItem, OPERATIONS, Problem, randomId } from "@headline/client";
import { beforeReaderChanges, client, serverNow } from "../session/session.js";

/** Reason of an event that the gateway cannot keep right now. */
const TRY_AGAIN = "try again later";
const BATCH_MS = 2_000;
const RETRY_MS = 10_000;
const UPLOAD_MAX = 100;
/** Limit of a beacon, below the 64 KiB of browsers. */
const BEACON_CHARACTERS_MAX = 60_000;
const WAITING_MAX = 500;
/** An upload that failed is made again by the queue. */
const UPLOAD = { anonymous: true, retriesMax: 0 } as const;

/** Events to upload; no header names their reader: each token does, in a beacon as in a request. */
let waiting: EventItem[] = [];
/** Seen articles by batch: one event for all articles of a batch. */
const seen = new Map<string, Set<string>>();
let timer: ReturnType<typeof setTimeout> | undefined;
const leaving = new Set<() => void>();

export function makeEvent(type: EventItem["type"], token: string, more: Partial<EventItem> = {}): EventItem {
  return { id: randomId(), type, token, ts: serverNow(), ...more };
}

/** Adds an event to the next upload. */
export function queueEvent(event: EventItem): void {
  waiting.push(event);
  if (waiting.length > WAITING_MAX) waiting = waiting.slice(-WAITING_MAX); // drops the oldest while uploads fail
  uploadIn(BATCH_MS);
}

export function queueSeen(exposureToken: string, articleId: string): void {
  const articles = seen.get(exposureToken) ?? new Set();
  seen.set(exposureToken, articles.add(articleId));
  uploadIn(BATCH_MS);
}

/** Calls `listener` when the page goes away for good, before the last upload. Returns an unsubscribe function. */
export function onLeavingPage(listener: () => void): () => void {
  leaving.add(listener);
  return () => leaving.delete(listener);
}

/** Sends all events in a way that outlives the page. */
export function sendBeacons(): void {
  gatherSeen();
  while (waiting.length > 0) {
    const batch = beaconBatch(waiting);
    const isQueued = navigator.sendBeacon(OPERATIONS.reportEvents.path, JSON.stringify({ events: batch }));
    if (!isQueued) break; // too much for one page: the next upload has it, if there is one
    waiting = waiting.slice(batch.length);
  }
}

addEventListener("pagehide", () => {
  for (const listener of leaving) listener();
  sendBeacons();
});
// The last notice that a phone gives a page before ending it.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") sendBeacons();
});
beforeReaderChanges(sendBeacons);

function uploadIn(delayMs: number): void {
  if (timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    void upload();
  }, delayMs);
}

async function upload(): Promise<void> {
  gatherSeen();
  const batch = waiting.slice(0, UPLOAD_MAX);
  if (batch.length === 0) return;
  waiting = waiting.slice(batch.length);
  try {
    const keepalive = JSON.stringify(batch).length < BEACON_CHARACTERS_MAX;
    const { rejected } = await client.call("reportEvents", { body: { events: batch } }, { ...UPLOAD, keepalive });
    const later = rejected.filter(({ reason }) => reason === TRY_AGAIN).flatMap(({ index }) => batch[index] ?? []);
    if (later.length > 0) {
      waiting = [...later, ...waiting];
      return uploadIn(RETRY_MS);
    }
  } catch (error) {
    const isRefused = error instanceof Problem && error.code === "INVALID_ARGUMENT"; // it will not count later either
    if (!isRefused) waiting = [...batch, ...waiting]; // with the same ids, so that nothing counts twice
    return uploadIn(RETRY_MS);
  }
  if (waiting.length > 0) uploadIn(0);
}

function gatherSeen(): void {
  for (const [token, articles] of seen) waiting.push(makeEvent("exposure", token, { article_ids: [...articles] }));
  seen.clear();
}

/** As many events as fit into a beacon. */
function beaconBatch(events: readonly EventItem[]): readonly EventItem[] {
  let characters = 0;
  const end = events.slice(0, UPLOAD_MAX).findIndex((event) => {
    characters += JSON.stringify(event).length + 1;
    return characters > BEACON_CHARACTERS_MAX;
  });
  return end === -1 ? events.slice(0, UPLOAD_MAX) : events.slice(0, Math.max(1, end));
}
