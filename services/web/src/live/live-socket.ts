import { effect } from "@preact/signals";
import { io, type Socket } from "socket.io-client";
import { Problem } from "../api/send.js";
import { newestMessageId } from "../messages/conversations.js";
import { newestNotificationId } from "../notifications/notifications.js";
import { accessToken, handshake, reader, renew } from "../session/session.js";
import { isLive, isWatched, type LiveEvents, tellLive, type Watched, wantsWatched } from "./live.js";

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
 * Keeps a socket to the gateway as long as this page is open (docs/push.md), in the name of who reads. Whether it is refused, cut
 * or the gateway restarts, it reconnects and catches up without a message; the page polls meanwhile.
 */
export function keepLive(): void {
  const socket = io({
    transports: ["websocket"],
    autoConnect: false,
    auth: (send) => send(handshake()),
    reconnectionDelay: RECONNECT_MS,
    reconnectionDelayMax: RECONNECT_MAX_MS,
  });
  let again: ReturnType<typeof setTimeout> | undefined;

  socket.on("welcome", () => void welcome(socket));
  socket.on("disconnect", (reason) => {
    isLive.value = false;
    isWatched.value = undefined;
    if (reason === "io server disconnect") connectIn(RECONNECT_MS * (1 + Math.random())); // the client does not by itself
  });
  socket.on("connect_error", (error: Error & { data?: { code?: string } }) => {
    if (socket.active) return; // it tries again by itself
    if (error.data?.code !== "UNAUTHENTICATED" || reader.peek() === undefined) return connectIn(REFUSED_MS);
    void renewed().then((isNew) => connectIn(isNew ? 0 : REFUSED_MS));
  });
  socket.on("expiring", () => void renewed());
  hear(socket);

  // Another reader is another connection.
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
    if (wantsWatched.value !== undefined) void watch(socket, wantsWatched.value);
    else if (isWatched.peek() !== undefined) unwatch(socket);
  });
  // A phone that wakes up, or is back from a tunnel, does not wait for its turn.
  addEventListener("online", hurry);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && hurry());
  socket.connect();

  function connectIn(delayMs: number) {
    clearTimeout(again);
    again = setTimeout(() => socket.connect(), delayMs);
  }

  function hurry() {
    if (socket.connected) return;
    socket.disconnect(); // ends the waiting between two attempts
    connectIn(0);
  }
}

function hear(socket: Socket): void {
  const emitLive =
    <Name extends keyof LiveEvents>(name: Name) =>
    (event: LiveEvents[Name]) =>
      tellLive(name, event);
  socket.on("notification", emitLive("notification"));
  socket.on("delivered", emitLive("delivered"));
  socket.on("read", emitLive("read"));
  socket.on("updates", emitLive("updates"));
  socket.on("message", (message: LiveEvents["message"], taken?: () => void) => {
    tellLive("message", message);
    taken?.();
  });
}

/** Starts emitting events, missed ones first. */
async function welcome(socket: Socket): Promise<void> {
  isLive.value = true;
  if (reader.peek() === undefined) return;
  const [notification, message] = [newestNotificationId(), newestMessageId()];
  const known = {
    ...(notification !== undefined && { last_notification_id: notification }),
    ...(message !== undefined && { last_message_id: message }),
  };
  const caught = await asked<CaughtUp>(socket, "catch_up", known);
  // Without an answer, or without anything to begin from, everything there may be is asked for.
  const isKnown = notification !== undefined && message !== undefined;
  const more = caught === undefined || !isKnown || caught.notifications.more || caught.messages.more;
  tellLive("caughtUp", { unread: caught?.unread, more });
}

/** Until the acknowledgement, events belong to the watch before. */
async function watch(socket: Socket, wanted: Watched): Promise<void> {
  const { channelId, since } = wanted;
  const isTaken = (await asked(socket, "watch", { channel_id: channelId, since })) !== undefined;
  if (isTaken && wanted === wantsWatched.peek()) isWatched.value = wanted;
}

function unwatch(socket: Socket): void {
  isWatched.value = undefined;
  socket.emit("unwatch");
}

/** Undefined when it is not answered, or refused: then the page goes on asking by HTTP. */
async function asked<Data>(socket: Socket, what: string, with_: object): Promise<Data | undefined> {
  try {
    const answer: Answer<Data> = await socket.timeout(ANSWER_MS).emitWithAck(what, with_);
    return "data" in answer ? answer.data : undefined;
  } catch {
    return undefined; // cut meanwhile
  }
}

/** True with another token, or after a sign-out. */
async function renewed(): Promise<boolean> {
  try {
    await renew();
    return true;
  } catch (error) {
    return error instanceof Problem && error.code === "SIGNED_OUT";
  }
}
