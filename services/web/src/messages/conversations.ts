import { asProblem, type Conversation, type Message, Problem } from "@headline/client";
import { batch, computed, effect, signal } from "@preact/signals";
import { toastIfIdle } from "../components/toast.js";
import { words } from "../language/language.js";
import { isLaterId } from "../live/later-id.js";
import { onLive, pollMeanwhile } from "../live/live.js";
import { go, hrefOf, route } from "../routing/routes.js";
import { client, reader, serverNow } from "../session/session.js";

/** This reader's conversations, the newest message first; undefined until loaded. */
export const conversations = signal<readonly Conversation[] | undefined>(undefined);
export const conversationsProblem = signal<Problem | undefined>(undefined);
/** Cursor of older conversations; null when all are loaded. */
export const olderConversations = signal<string | null>(null);
export const unreadMessages = computed(() =>
  (conversations.value ?? []).reduce((count, conversation) => count + conversation.unread, 0),
);

const PER_PAGE = 30;
const EVERY_MS = 60_000;
/** Older messages were missed: they are counted without a toast. */
const FRESH_MS = 30_000;

/** Missed events come all at once and cause one request. */
const BURST_MS = 100;

let isOffered = true;
let loadingSoon: ReturnType<typeof setTimeout> | undefined;
let loads = 0;

/** Id from which a reconnected socket catches up; undefined until known. */
export function newestMessageId(): string | undefined {
  const known = conversations.peek();
  return known && (known[0]?.last_message?.message_id ?? "0");
}

/** Loads the newest conversations. */
export async function loadConversations(): Promise<void> {
  if (reader.peek() === undefined || !isOffered) return;
  loads += 1;
  const request = loads;
  try {
    const page = await client.call("conversations", { query: { per_page: PER_PAGE } });
    if (request !== loads) return;
    batch(() => {
      conversations.value = page.results;
      olderConversations.value = page.next;
      conversationsProblem.value = undefined;
    });
  } catch (error) {
    if (request !== loads) return;
    if (error instanceof Problem && error.code === "NOT_FOUND") isOffered = false; // an older gateway: no more requests
    conversationsProblem.value = asProblem(error);
  }
}

export async function loadOlderConversations(): Promise<void> {
  const request = loads;
  try {
    const page = await client.call("conversations", {
      query: { per_page: PER_PAGE, before: olderConversations.peek() ?? undefined },
    });
    if (request !== loads) return;
    const known = conversations.peek() ?? [];
    const stand = new Set(known.map(({ user_id }) => user_id));
    batch(() => {
      conversations.value = [...known, ...page.results.filter(({ user_id }) => !stand.has(user_id))];
      olderConversations.value = page.next;
      conversationsProblem.value = undefined;
    });
  } catch (error) {
    if (request === loads) conversationsProblem.value = asProblem(error);
  }
}

/** Marks the peer's messages up to an id as read, here or on another device. */
export function noteRead(peerId: string, upTo: string): void {
  const found = conversations.peek()?.find(({ user_id }) => user_id === peerId);
  if (found === undefined || found.unread === 0) return;
  const last = found.last_message?.message_id;
  if (last !== undefined && isLaterId(last, upTo)) void loadConversations();
  else put({ ...found, unread: 0, read_up_to: upTo });
}

/** Adds a message of either user to the list, and shows a toast of a fresh one. */
export function noteMessage(message: Message): void {
  const me = reader.peek()?.userId;
  const isMine = message.sender_id === me;
  const peerId = isMine ? message.recipient_id : message.sender_id;
  const found = conversations.peek()?.find(({ user_id }) => user_id === peerId);
  if (found === undefined) {
    loadSoon(); // with the name of the peer
    return;
  }
  const last = found.last_message?.message_id;
  if (last !== undefined && !isLaterId(message.message_id, last)) return; // delivered before
  put({ ...found, last_message: message, unread: found.unread + (isMine ? 0 : 1) });
  if (isMine || serverNow() - Date.parse(message.created_at) > FRESH_MS || isShown(peerId)) return;
  const open = { label: words.peek().look, run: () => go(hrefOf.conversation(peerId)) };
  toastIfIdle(`${found.user_name}: ${message.text}`, open);
}

/** Keeps the list and its count up to date while signed in. */
export function watchConversations(): void {
  effect(() => {
    const who = reader.value;
    loads += 1;
    batch(() => {
      conversations.value = undefined;
      olderConversations.value = null;
      conversationsProblem.value = undefined;
    });
    if (who !== undefined) void loadConversations();
  });
  onLive("message", noteMessage);
  onLive("read", ({ reader_id, peer_id, up_to }) => {
    if (reader_id === reader.peek()?.userId) noteRead(peer_id, up_to);
  });
  onLive("caughtUp", () => void loadConversations());
  pollMeanwhile(EVERY_MS, () => void loadConversations());
}

function loadSoon(): void {
  clearTimeout(loadingSoon);
  loadingSoon = setTimeout(() => void loadConversations(), BURST_MS);
}

function put(conversation: Conversation): void {
  const others = (conversations.peek() ?? []).filter(({ user_id }) => user_id !== conversation.user_id);
  const at = others.findIndex(({ last_message }) => isBefore(last_message, conversation.last_message));
  conversations.value = others.toSpliced(at === -1 ? others.length : at, 0, conversation);
}

function isBefore(a: Message | null, b: Message | null): boolean {
  return b !== null && (a === null || isLaterId(b.message_id, a.message_id));
}

function isShown(peerId: string): boolean {
  const at = route.peek();
  return at.page === "messages" || (at.page === "conversation" && at.id === peerId);
}
