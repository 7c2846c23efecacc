import { effect, signal } from "@preact/signals";
import { Problem } from "../api/send.js";
import type { Listed, Notification } from "../api/wire.js";
import { onLive } from "../events/live.js";
import { ask, reader } from "../session/session.js";

/** How many wait; undefined where nobody is signed in, or the gateway has no notifications. */
export const unread = signal<number | undefined>(undefined);

const EVERY_MS = 60_000;
let isOffered = true;

export async function countUnread(): Promise<void> {
  if (reader.peek() === undefined || !isOffered) return;
  try {
    unread.value = (await ask<Listed<Notification> & { unread: number }>("/notifications?per_page=1")).unread;
  } catch (error) {
    if (error instanceof Problem && error.code === "NOT_FOUND") isOffered = false; // asked no more until the page is loaded again
  }
}

export async function readUpTo(id: string): Promise<void> {
  await ask("/notifications/read", { method: "POST", body: { up_to: id } });
  unread.value = 0;
}

/** Keeps the count, as long as somebody is signed in. */
export function watchNotifications(): void {
  effect(() => {
    if (reader.value === undefined) unread.value = undefined;
    else void countUnread();
  });
  onLive("notification", () => void countUnread());
  setInterval(() => document.visibilityState === "visible" && void countUnread(), EVERY_MS);
}
