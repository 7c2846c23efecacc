import { Problem } from "@headline/client";
import { effect } from "@preact/signals";
import { io, type Socket } from "socket.io-client";
import { accessToken, client, handshake, reader } from "../session/session.js";
import { type ChannelWatch, currentWatch, emitLive, isLive, type LiveEvents, wantedWatch } from "./live.js";

/** Ids from which a reconnected socket catches up; undefined until known. */
interface NewestIds {
  readonly notificationId: () => string | undefined;
  readonly messageId: () => string | undefined;
}

interface CaughtUp {
  readonly unread: number;
  readonly notifications: { readonly more: boolean };
  readonly messages: { readonly more: boolean };
}

type Answer<Data> = { readonly data: Data } | { readonly error: { readonly code: string } };

const ANSWER_MS = 5_000;
const RECONNECT_MS = 500;
const RECONNECT_MAX_MS = 20_000;
/** After a refusal that will not change soon: too many windows, a sign-in that cannot be renewed now. */
const REFUSED_MS = 60_000;

/**
 * Keeps a socket to the gateway as long as this page is open (docs/push.md), in the name of its reader. Whether it is refused, cut
 * or the gateway restarts, it reconnects and catches up without a message; the page polls meanwhile.
 */
export function keepLive(newest: NewestIds): void {
  const socket = io({
    transports: ["websocket"],
    autoConnect: false,
    auth: (send) => send(handshake()),
    reconnectionDelay: RECONNECT_MS,
    reconnectionDelayMax: RECONNECT_MAX_MS,
  });
  let again: ReturnType<typeof setTimeout> | undefined;

  socket.on("welcome", () => void welcome(socket, newest));
  socket.on("disconnect", (reason) => {
    isLive.value = false;
    currentWatch.value = undefined;
    if (reason === "io server disconnect") connectIn(RECONNECT_MS * (1 + Math.random())); // the client does not by itself
  });
  socket.on("connect_error", (error: Error & { data?: { code?: string } }) => {
    if (socket.active) return; // it tries again by itself
    if (error.data?.code !== "UNAUTHENTICATED" || reader.peek() === undefined) return connectIn(REFUSED_MS);
    void renewed().then((isNew) => connectIn(isNew ? 0 : REFUSED_MS));
  });
  socket.on("expiring", () => void renewed());
  forward(socket);

  // Another reader needs another connection.
  let userId = reader.peek()?.userId;
  reader.subscribe((next) => {
    if (next?.userId === userId) return;
    userId = next?.userId;
    socket.disconnect();
    connectIn(0);
  });
  accessToken.subscribe((token) => {
    if (token !== undefined && reader.peek() !== undefined && socket.connected) socket.emit("renew", { token });
  });
  effect(() => {
    if (!isLive.value) return;
    if (wantedWatch.value !== undefined) void watch(socket, wantedWatch.value);
    else if (currentWatch.peek() !== undefined) unwatch(socket);
  });
  // A phone that wakes up, or is online again, reconnects at once.
  addEventListener("online", reconnect);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && reconnect());
  socket.connect();

  function connectIn(delayMs: number) {
    clearTimeout(again);
    again = setTimeout(() => socket.connect(), delayMs);
  }

  function reconnect() {
    if (socket.connected) return;
    socket.disconnect(); // ends the waiting between two attempts
    connectIn(0);
  }
}

/** Emits the events of the socket to this page. */
function forward(socket: Socket): void {
  for (const name of ["notification", "delivered", "read", "updates"] as const)
    socket.on(name, (event) => emitLive(name, event));
  socket.on("message", (message: LiveEvents["message"], acknowledge?: () => void) => {
    emitLive("message", message);
    acknowledge?.();
  });
}

/** Starts emitting events, missed ones first. */
async function welcome(socket: Socket, newest: NewestIds): Promise<void> {
  isLive.value = true;
  if (reader.peek() === undefined) return;
  const [notification, message] = [newest.notificationId(), newest.messageId()];
  const known = {
    ...(notification !== undefined && { last_notification_id: notification }),
    ...(message !== undefined && { last_message_id: message }),
  };
  const caught = await request<CaughtUp>(socket, "catch_up", known);
  // Without an answer, or without an id to begin from, everything is loaded.
  const isKnown = notification !== undefined && message !== undefined;
  const more = caught === undefined || !isKnown || caught.notifications.more || caught.messages.more;
  emitLive("caughtUp", { unread: caught?.unread, more });
}

/** Until the acknowledgement, events belong to the watch before. */
async function watch(socket: Socket, wanted: ChannelWatch): Promise<void> {
  const { channelId, since } = wanted;
  const isAccepted = (await request(socket, "watch", { channel_id: channelId, since })) !== undefined;
  if (isAccepted && wanted === wantedWatch.peek()) currentWatch.value = wanted;
}

function unwatch(socket: Socket): void {
  currentWatch.value = undefined;
  socket.emit("unwatch");
}

/** Sends a request. Returns undefined without an answer, or when it is refused: then the page goes on polling. */
async function request<Data>(socket: Socket, name: string, body: object): Promise<Data | undefined> {
  try {
    const answer: Answer<Data> = await socket.timeout(ANSWER_MS).emitWithAck(name, body);
    return "data" in answer ? answer.data : undefined;
  } catch {
    return undefined; // cut meanwhile
  }
}

/** Renews the token. Returns true with another one, or after a sign-out. */
async function renewed(): Promise<boolean> {
  try {
    await client.renew();
    return true;
  } catch (error) {
    return error instanceof Problem && error.code === "SIGNED_OUT";
  }
}
