import { randomId } from "../api/random-id.js";
import { Problem, send } from "../api/send.js";
import { serverNow } from "../api/server-clock.js";
import type { DislikeWhy } from "../api/wire.js";
import { beforeReaderChanges } from "../session/session.js";

/** A feedback event as POST /events takes it. */
export interface ReaderEvent {
  readonly id: string;
  readonly type: string;
  readonly token: string;
  readonly ts: number;
  readonly duration_ms?: number;
  readonly article_ids?: readonly string[];
  readonly why?: DislikeWhy;
}

interface Verdicts {
  readonly rejected: readonly { readonly index: number; readonly reason: string }[];
}

/** The reason of what the gateway cannot keep right now. */
const TRY_AGAIN = "try again later";
const GATHER_MS = 2_000;
const RETRY_MS = 10_000;
const UPLOAD_MAX = 100;
/** Browsers limit a beacon to 64 KiB. */
const BEACON_CHARACTERS_MAX = 60_000;
const WAITING_MAX = 500;

/** No header names the reader: each token says whose event it is, in a beacon as in a request. */
let waiting: ReaderEvent[] = [];
/** Seen articles by batch: one event for all articles of a batch. */
const seen = new Map<string, Set<string>>();
let timer: ReturnType<typeof setTimeout> | undefined;
const leaving = new Set<() => void>();

export function makeEvent(type: string, token: string, more: object = {}): ReaderEvent {
  return { id: randomId(), type, token, ts: Math.round(serverNow()), ...more };
}

/** Goes with the next upload. */
export function queueEvent(event: ReaderEvent): void {
  waiting.push(event);
  if (waiting.length > WAITING_MAX) waiting = waiting.slice(-WAITING_MAX); // drops the oldest while uploads fail
  uploadIn(GATHER_MS);
}

export function queueSeen(exposureToken: string, articleId: string): void {
  const articles = seen.get(exposureToken) ?? new Set();
  seen.set(exposureToken, articles.add(articleId));
  uploadIn(GATHER_MS);
}

/** Calls `listener` when the page goes away for good, before the last upload. Returns an unsubscribe function. */
export function onLeavingPage(listener: () => void): () => void {
  leaving.add(listener);
  return () => leaving.delete(listener);
}

/** Sends all there is in a way that outlives the page. */
export function sendBeacons(): void {
  gatherSeen();
  while (waiting.length > 0) {
    const batch = beaconful(waiting);
    const isTaken = navigator.sendBeacon("/events", JSON.stringify({ events: batch }));
    if (!isTaken) break; // too much for one page: the next upload has it, if there is one
    waiting = waiting.slice(batch.length);
  }
}

addEventListener("pagehide", () => {
  for (const listener of leaving) listener();
  sendBeacons();
});
// The last event that a phone sends a page before ending it.
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
    const { data } = await send<Verdicts>("/events", { method: "POST", body: { events: batch }, keepalive });
    const later = data.rejected.filter(({ reason }) => reason === TRY_AGAIN).flatMap(({ index }) => batch[index] ?? []);
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

function beaconful(events: readonly ReaderEvent[]): readonly ReaderEvent[] {
  let characters = 0;
  const end = events.slice(0, UPLOAD_MAX).findIndex((event) => {
    characters += JSON.stringify(event).length + 1;
    return characters > BEACON_CHARACTERS_MAX;
  });
  return end === -1 ? events.slice(0, UPLOAD_MAX) : events.slice(0, Math.max(1, end));
}
