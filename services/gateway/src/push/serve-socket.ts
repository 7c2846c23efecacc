import { Refusal } from "@headline/service/errors";
import { z } from "zod";
import type { Channels } from "../channels/channels.js";
import { idValue, read } from "../http/read.js";
import type { AccessTokens } from "../users/access-tokens.js";
import { answering } from "./answering.js";
import { SOCKETS_PER_USER_MAX } from "./authenticate-socket.js";
import { tokenIdentity } from "./handshake-identity.js";
import type { LocalSockets } from "./local-sockets.js";
import { type PushSocket, roomOf } from "./push-events.js";
import type { UpdateWatch } from "./update-watch.js";

interface SocketDeps {
  readonly tokens: AccessTokens;
  readonly channels: Channels;
  readonly local: LocalSockets;
  readonly watch: UpdateWatch;
  readonly catchUp: (socket: PushSocket, request: unknown) => Promise<unknown>;
  readonly now: () => number;
  readonly onBug: (error: unknown) => void;
}

const Watched = z.strictObject(
  {
    channel_id: idValue.transform(Number),
    since: z.number({ error: "must be ms since the epoch" }).int().min(0),
  },
  { error: "must be an object" },
);
const Renewed = z.strictObject(
  { token: z.string({ error: "must be an access token" }) },
  { error: "must be an object" },
);

/** Joins the room of the user, greets the client and serves its requests. */
export function serveSocket(socket: PushSocket, deps: SocketDeps): void {
  const { tokens, channels, local, watch, now, onBug } = deps;
  const { userId, expiresAtMs = null } = socket.data;
  void socket.join(roomOf(userId));
  if (local.countOf(userId) > SOCKETS_PER_USER_MAX) {
    socket.disconnect(true); // others came in at the same moment
    return;
  }
  const answered = answering(onBug);
  socket.on(
    "catch_up",
    answered((request) => deps.catchUp(socket, request)),
  );
  socket.on(
    "watch",
    answered((request) => {
      const { channel_id: channelId, since } = read(Watched, request, "message");
      channels.named(channelId);
      watch.watch(socket, channelId, since);
      return { channel_id: String(channelId), since };
    }),
  );
  socket.on(
    "unwatch",
    answered(() => watch.unwatch(socket)),
  );
  socket.on(
    "renew",
    answered(async (request) => {
      const who = await tokenIdentity(tokens, read(Renewed, request, "message").token);
      if (who.userId !== userId) throw new Refusal("PERMISSION_DENIED", "the token is another user's");
      socket.data.expiresAtMs = who.expiresAtMs;
      socket.data.signInId = who.signInId;
      socket.data.isWarned = false;
      return { expires_at: who.expiresAtMs };
    }),
  );
  const unknown = answered(() => {
    throw new Refusal("NOT_FOUND", "this is not asked here");
  });
  socket.onAny((event: string, ...args: unknown[]) => {
    if (socket.listenerCount(event as "watch") === 0) void unknown(...args);
  });
  socket.once("disconnect", () => {
    watch.unwatch(socket);
    socket.conn.close(); // nothing else goes over it
  });
  forgetRequest(socket);
  socket.emit("welcome", { user_id: String(userId), server_time: now(), expires_at: expiresAtMs });
}

/** Drops the handshake request, which is a sixth of the memory of an idle socket. */
function forgetRequest({ conn, handshake }: PushSocket): void {
  (conn as { request: unknown }).request = null;
  Object.assign(handshake, { headers: {}, query: {}, auth: {} });
}
