import { type Notification, Problem } from "@headline/client";
import { effect, signal } from "@preact/signals";
import { toastIfIdle } from "../components/toast.js";
import { words } from "../language/language.js";
import { isLaterId } from "../live/later-id.js";
import { onLive, pollMeanwhile } from "../live/live.js";
import { go, route } from "../routing/routes.js";
import { client, reader, serverNow } from "../session/session.js";
import { hrefFor, textOf } from "./notification-words.js";

/** Count of unread notifications; undefined when signed out, or where the gateway has none. */
export const unread = signal<number | undefined>(undefined);

const EVERY_MS = 60_000;
/** Older notifications were missed: the bell counts them without a toast. */
const FRESH_MS = 30_000;
const RECEIVED_MAX = 500;

let isOffered = true;
/** Ids of received notifications: the same may arrive twice. */
const received = new Set<string>();
let newestId: string | undefined;

/** Id from which a reconnected socket catches up; undefined until known. */
export function newestNotificationId(): string | undefined {
  return newestId;
}

export async function countUnread(): Promise<void> {
  const who = reader.peek();
  if (who === undefined || !isOffered) return;
  try {
    const page = await client.call("notifications", { query: { per_page: 1 } });
    if (reader.peek() !== who) return;
    noteNewest(page.results[0]?.id ?? "0");
    unread.value = page.unread;
  } catch (error) {
    if (error instanceof Problem && error.code === "NOT_FOUND") isOffered = false; // no more requests until the page is loaded again
  }
}

export async function readUpTo(id: string): Promise<void> {
  await client.call("readNotifications", { body: { up_to: id } });
  unread.value = 0;
}

/** Keeps the count up to date while signed in. */
export function watchNotifications(): void {
  effect(() => {
    received.clear();
    newestId = undefined;
    if (reader.value === undefined) unread.value = undefined;
    else void countUnread();
  });
  onLive("notification", receive);
  onLive("caughtUp", ({ unread: count, more }) => {
    if (count !== undefined) unread.value = count;
    if (more) void countUnread();
  });
  pollMeanwhile(EVERY_MS, () => void countUnread());
}

function receive(notification: Notification): void {
  const { id, read_at, created_at, actor_name: name } = notification;
  if (received.has(id)) return;
  if (received.size >= RECEIVED_MAX) received.clear();
  received.add(id);
  noteNewest(id);
  if (read_at !== null) return;
  unread.value = (unread.peek() ?? 0) + 1;
  if (serverNow() - Date.parse(created_at) > FRESH_MS || route.peek().page === "notifications") return;
  const text = [name, textOf(notification)].filter(Boolean).join(" ");
  toastIfIdle(text, { label: words.peek().look, run: () => go(hrefFor(notification)) });
}

function noteNewest(id: string): void {
  if (newestId === undefined || isLaterId(id, newestId)) newestId = id;
}
