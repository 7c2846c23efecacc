import { signal } from "@preact/signals";
import { serverNow } from "../api/server-clock.js";
import type { Message, Notification, Updates } from "../api/wire.js";
import { ask } from "../session/session.js";

/** Events of other devices and users. A socket delivers them (live-socket.ts); without one, the page polls. */
export interface LiveEvents {
  notification: Notification;
  message: Message;
  /** This reader's messages to a user were delivered, up to an id. */
  delivered: { readonly user_id: string; readonly up_to: string };
  /** The reader of a conversation has read what the peer wrote, up to a message. */
  read: { readonly reader_id: string; readonly peer_id: string; readonly up_to: string };
  updates: { readonly channel_id: string; readonly count: number };
  /** The socket has reconnected and delivered missed events, up to a hundred of each; `more` has to be loaded. */
  caughtUp: { readonly unread: number | undefined; readonly more: boolean };
}

/** Watch of the socket: articles published in a channel since a time. */
export interface Watched {
  readonly channelId: string;
  readonly since: number;
}

const UPDATES_MS = 20_000;
/** While the recommender is away, the page wants to know soon that it is back. */
const DEGRADED_MS = 4_000;

/** True while a socket delivers events, so that polling can stop. */
export const isLive = signal(false);
export const wantsWatched = signal<Watched | undefined>(undefined);
/** The acknowledged watch: the same object as the wanted one. */
export const isWatched = signal<Watched | undefined>(undefined);

const listeners = new Map<keyof LiveEvents, Set<(event: never) => void>>();

/** Returns how to stop. */
export function onLive<Name extends keyof LiveEvents>(
  name: Name,
  listener: (event: LiveEvents[Name]) => void,
): () => void {
  const subscribed = listeners.get(name) ?? new Set();
  listeners.set(name, subscribed.add(listener));
  return () => subscribed.delete(listener);
}

export function tellLive<Name extends keyof LiveEvents>(name: Name, event: LiveEvents[Name]): void {
  for (const listener of listeners.get(name) ?? []) listener(event as never);
}

/** Polls while the page is visible and no socket delivers. Returns a stop function. */
export function askMeanwhile(everyMs: number, asking: () => void): () => void {
  const timer = setInterval(() => {
    if (!isLive.peek() && document.visibilityState === "visible") asking();
  }, everyMs);
  return () => clearInterval(timer);
}

interface WatchedChannel {
  readonly channelId: string;
  /** Time after which articles count as new; undefined while unknown. */
  readonly since: () => number | undefined;
  readonly isDegraded: () => boolean;
  readonly onUpdates: (updates: Updates) => void;
}

/** Reports the number of newer articles of a channel while it is visible. Returns a stop function. */
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
