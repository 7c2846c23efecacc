import { signal } from "@preact/signals";
import { serverNow } from "../api/server-clock.js";
import type { Message, Notification, Updates } from "../api/wire.js";
import { ask } from "../session/session.js";

/** What happens elsewhere and is to be seen here. A socket tells it (live-socket.ts); while there is none, the page asks. */
export interface LiveEvents {
  notification: Notification;
  message: Message;
  /** What this reader wrote to a user has come to one of their devices, up to a message. */
  delivered: { readonly user_id: string; readonly up_to: string };
  /** The reader of a conversation has read what the peer wrote, up to a message. */
  read: { readonly reader_id: string; readonly peer_id: string; readonly up_to: string };
  updates: { readonly channel_id: string; readonly count: number };
  /** The socket is there again and has told what was missed, up to a hundred of each; `more` has to be asked for. */
  caughtUp: { readonly unread: number | undefined; readonly more: boolean };
}

/** What the socket is to watch: how much was published in a channel since. */
export interface Watched {
  readonly channelId: string;
  readonly since: number;
}

const UPDATES_MS = 20_000;
/** While the recommender is away, the page wants to know soon that it is back. */
const DEGRADED_MS = 4_000;

/** Whether a socket tells what happens; only then nobody has to ask. */
export const isLive = signal(false);
export const wantsWatched = signal<Watched | undefined>(undefined);
/** What the socket has said it watches: the very object that was wanted. */
export const isWatched = signal<Watched | undefined>(undefined);

const listeners = new Map<keyof LiveEvents, Set<(event: never) => void>>();

/** Returns how to stop. */
export function onLive<Name extends keyof LiveEvents>(name: Name, tell: (event: LiveEvents[Name]) => void): () => void {
  const told = listeners.get(name) ?? new Set();
  listeners.set(name, told.add(tell));
  return () => told.delete(tell);
}

export function tellLive<Name extends keyof LiveEvents>(name: Name, event: LiveEvents[Name]): void {
  for (const tell of listeners.get(name) ?? []) tell(event as never);
}

/** Asks every so often while the page is looked at and no socket tells. Returns how to stop. */
export function askMeanwhile(everyMs: number, asking: () => void): () => void {
  const timer = setInterval(() => {
    if (!isLive.peek() && document.visibilityState === "visible") asking();
  }, everyMs);
  return () => clearInterval(timer);
}

interface WatchedChannel {
  readonly channelId: string;
  /** What was published later is news; undefined while there is nothing to compare with. */
  readonly since: () => number | undefined;
  readonly isDegraded: () => boolean;
  readonly onUpdates: (updates: Updates) => void;
}

/** Tells how many newer articles wait in a channel, while somebody looks at it. Returns how to stop. */
export function watchUpdates({ channelId, since, isDegraded, onUpdates }: WatchedChannel): () => void {
  let askedAtMs = serverNow();
  const timer = setInterval(() => {
    watch();
    void askWhenDue();
  }, 1_000);
  const forget = onLive("updates", ({ channel_id, count }) => {
    const from = since();
    const isOfNow = channel_id === channelId && from !== undefined && isTold() && wantsWatched.peek()?.since === from;
    if (isOfNow && !isDegraded()) onUpdates({ channel_id: String(channelId), since: from, count, degraded: false });
  });
  watch();
  return () => {
    clearInterval(timer);
    forget();
    wantsWatched.value = undefined;
  };

  function watch() {
    const from = since();
    if (from === undefined) return;
    const before = wantsWatched.peek();
    if (before?.channelId !== channelId || before.since !== from) wantsWatched.value = { channelId, since: from };
  }

  /** A socket does not know how the recommender is. */
  async function askWhenDue() {
    const from = since();
    if (from === undefined || document.visibilityState === "hidden" || (isTold() && !isDegraded())) return;
    if (serverNow() - askedAtMs < (isDegraded() ? DEGRADED_MS : UPDATES_MS)) return;
    askedAtMs = serverNow();
    // An answer that does not come is asked for again in a while.
    const updates = await ask<Updates>(`/articles/updates?channel_id=${channelId}&since=${from}`).catch(
      () => undefined,
    );
    if (updates !== undefined && from === since()) onUpdates(updates);
  }
}

function isTold(): boolean {
  return isLive.peek() && isWatched.peek() !== undefined && isWatched.peek() === wantsWatched.peek();
}
