import { effect, signal } from "@preact/signals";
import { Problem } from "../api/send.js";
import { serverNow } from "../api/server-clock.js";
import type { Listed, Notification } from "../api/wire.js";
import { whisper } from "../components/toast.js";
import { words } from "../language/language.js";
import { isLaterId } from "../live/later-id.js";
import { askMeanwhile, onLive } from "../live/live.js";
import { go, route } from "../routing/routes.js";
import { ask, reader } from "../session/session.js";
import { hrefFor, whatHappened } from "./notification-words.js";

/** Count of unread notifications; undefined when signed out, or where the gateway has none. */
export const unread = signal<number | undefined>(undefined);

const EVERY_MS = 60_000;
/** Older notifications were missed: the bell counts them without a toast. */
const FRESH_MS = 30_000;
const HEARD_MAX = 500;

let isOffered = true;
/** The same may arrive twice. */
const heard = new Set<string>();
let newestId: string | undefined;

/** Id from which a reconnected socket catches up; undefined until known. */
export function newestNotificationId(): string | undefined {
  return newestId;
}

export async function countUnread(): Promise<void> {
  const who = reader.peek();
  if (who === undefined || !isOffered) return;
  try {
    const page = await ask<Listed<Notification> & { unread: number }>("/notifications?per_page=1");
    if (reader.peek() !== who) return;
    noteNewest(page.results[0]?.id ?? "0");
    unread.value = page.unread;
  } catch (error) {
    if (error instanceof Problem && error.code === "NOT_FOUND") isOffered = false; // asked no more until the page is loaded again
  }
}

export async function readUpTo(id: string): Promise<void> {
  await ask("/notifications/read", { method: "POST", body: { up_to: id } });
  unread.value = 0;
}

/** Keeps the count up to date while signed in. */
export function watchNotifications(): void {
  effect(() => {
    heard.clear();
    newestId = undefined;
    if (reader.value === undefined) unread.value = undefined;
    else void countUnread();
  });
  onLive("notification", take);
  onLive("caughtUp", ({ unread: count, more }) => {
    if (count !== undefined) unread.value = count;
    if (more) void countUnread();
  });
  askMeanwhile(EVERY_MS, () => void countUnread());
}

function take(notification: Notification): void {
  const { id, read_at, created_at, actor_name: name } = notification;
  if (heard.has(id)) return;
  if (heard.size >= HEARD_MAX) heard.clear();
  heard.add(id);
  noteNewest(id);
  if (read_at !== null) return;
  unread.value = (unread.peek() ?? 0) + 1;
  if (serverNow() - Date.parse(created_at) > FRESH_MS || route.peek().page === "notifications") return;
  const said = [name, whatHappened(notification)].filter(Boolean).join(" ");
  whisper(said, { label: words.peek().look, run: () => go(hrefFor(notification)) });
}

function noteNewest(id: string): void {
  if (newestId === undefined || isLaterId(id, newestId)) newestId = id;
}
