import type { Message, Notification, Updates } from "@headline/client";
import { signal } from "@preact/signals";
import { client } from "../session/session.js";

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
export interface ChannelWatch {
  readonly channelId: string;
  readonly since: number;
}

const UPDATES_MS = 20_000;
/** Shorter while the recommender is away, to recover soon. */
const DEGRADED_MS = 4_000;

/** True while a socket delivers events, so that polling can stop. */
export const isLive = signal(false);
export const wantedWatch = signal<ChannelWatch | undefined>(undefined);
/** The acknowledged watch: the same object as the wanted one. */
export const currentWatch = signal<ChannelWatch | undefined>(undefined);

const listeners = new Map<keyof LiveEvents, Set<(event: never) => void>>();

/** Subscribes to an event. Returns an unsubscribe function. */
export function onLive<Name extends keyof LiveEvents>(
  name: Name,
  listener: (event: LiveEvents[Name]) => void,
): () => void {
  const subscribed = listeners.get(name) ?? new Set();
  listeners.set(name, subscribed.add(listener));
  return () => subscribed.delete(listener);
}

export function emitLive<Name extends keyof LiveEvents>(name: Name, event: LiveEvents[Name]): void {
  for (const listener of listeners.get(name) ?? []) listener(event as never);
}

/** Polls while the page is visible and no socket delivers. Returns a stop function. */
export function pollMeanwhile(everyMs: number, poll: () => void): () => void {
  const timer = setInterval(() => {
    if (!isLive.peek() && document.visibilityState === "visible") poll();
  }, everyMs);
  return () => clearInterval(timer);
}

interface UpdateWatch {
  readonly channelId: string;
  /** Time after which articles count as new; undefined while unknown. */
  readonly since: () => number | undefined;
  readonly isDegraded: () => boolean;
  readonly onUpdates: (updates: Updates) => void;
}

/** Reports the number of newer articles of a channel while it is visible. Returns a stop function. */
export function watchUpdates({ channelId, since, isDegraded, onUpdates }: UpdateWatch): () => void {
  let polledAtMs = Date.now();
  const timer = setInterval(() => {
    watch();
    void pollWhenDue();
  }, 1_000);
  const unsubscribe = onLive("updates", ({ channel_id, count }) => {
    const from = since();
    const isCurrent =
      channel_id === channelId && from !== undefined && isPushed() && wantedWatch.peek()?.since === from;
    if (isCurrent && !isDegraded()) onUpdates({ channel_id: String(channelId), since: from, count, degraded: false });
  });
  watch();
  return () => {
    clearInterval(timer);
    unsubscribe();
    wantedWatch.value = undefined;
  };

  function watch() {
    const from = since();
    if (from === undefined) return;
    const before = wantedWatch.peek();
    if (before?.channelId !== channelId || before.since !== from) wantedWatch.value = { channelId, since: from };
  }

  /** Polls also beside a socket while the feed is degraded: a socket does not know the recommender's state. */
  async function pollWhenDue() {
    const from = since();
    if (from === undefined || document.visibilityState === "hidden" || (isPushed() && !isDegraded())) return;
    if (Date.now() - polledAtMs < (isDegraded() ? DEGRADED_MS : UPDATES_MS)) return;
    polledAtMs = Date.now();
    const query = { channel_id: Number(channelId), since: from };
    const updates = await client.call("updates", { query }, { retriesMax: 0 }).catch(() => undefined);
    if (updates !== undefined && from === since()) onUpdates(updates);
  }
}

/** Whether the socket delivers the updates that are wanted now. */
function isPushed(): boolean {
  return isLive.peek() && currentWatch.peek() !== undefined && currentWatch.peek() === wantedWatch.peek();
}
