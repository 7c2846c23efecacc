import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { openMysql } from "@headline/mysql";
import type { Change } from "@headline/newsroom/changes";
import type { Redis } from "@headline/redis";
import type { WriteLimit } from "@headline/redis/limits";
import { CloseStack } from "@headline/service/lifecycle";
import { type Log, rateLimitedLog } from "@headline/service/log";
import { Server as EngineServer } from "engine.io";
import { Server } from "socket.io";
import type { MysqlBudget } from "../budgets.js";
import type { Channels } from "../channels/channels.js";
import type { NotifyRead } from "../conversations/mark-conversation-read.js";
import type { AccessTokens } from "../users/access-tokens.js";
import type { Blocks } from "../users/blocks.js";
import { authenticateSocket } from "./authenticate-socket.js";
import { catchUp } from "./catch-up.js";
import { ChangePusher } from "./change-pusher.js";
import { drainSockets } from "./drain-sockets.js";
import { guardConnection } from "./guard-connection.js";
import { isOwnOrigin } from "./is-own-origin.js";
import { LocalSockets, send } from "./local-sockets.js";
import { type PushServer, roomOf } from "./push-events.js";
import { rowsToPush } from "./push-rows.js";
import { redisBus } from "./redis-bus.js";
import { serveSocket } from "./serve-socket.js";
import { startSocketReaper } from "./socket-reaper.js";
import { refuseUpgrade, takeUpgrades } from "./take-upgrades.js";
import { UpdateWatch } from "./update-watch.js";

export interface PushOptions {
  /** Pages of other sites that may connect, as browsers name them: `https://news.example`. */
  readonly origins?: readonly string[];
  readonly socketsMax?: number;
  /** Shortest time between two counts of newer articles to a client. */
  readonly updatesEveryMs?: number;
}

interface PushDeps extends PushOptions {
  readonly mysqlUrl: string;
  readonly mysqlBudget: MysqlBudget;
  readonly redis: Redis;
  readonly subscriber: Redis;
  readonly tokens: AccessTokens;
  readonly channels: Channels;
  readonly blocks: Blocks;
  /** Counts sockets that open. */
  readonly limit: WriteLimit;
  readonly trustProxy: number;
  readonly now: () => number;
  readonly log: Log;
}

export interface Push extends AsyncDisposable {
  /** Sends the subjects of these changes to users with a socket here. Never fails, and never waits. */
  push(changes: readonly Change[]): void;
  notifyRead: NotifyRead;
  /** Number of open sockets. */
  readonly sockets: number;
  /** Serves sockets at /socket.io of an HTTP server. */
  listen(server: HttpServer): void;
  /** Takes no more sockets, and sends those that are here elsewhere. */
  drain(): Promise<void>;
}

const PATH = "/socket.io";
const SOCKETS_MAX = 20_000;
const UPDATES_EVERY_MS = 5_000;
/** Limit for a handshake. */
const HANDSHAKE_MS = 5_000;
const MESSAGE_BYTES_MAX = 16 * 1_024;
/** A peer that went silent is gone after both. */
const PING = { pingInterval: 20_000, pingTimeout: 10_000 };
/** Connections of its own, so that a thousand clients that come back at once take none from readers. */
const CONNECTIONS_MAX = 3;
const EACH_SECOND = { everyMs: 1_000 };

/** Sockets: what is committed anywhere reaches the sockets of its user here. */
export function openPush(deps: PushDeps): Push {
  const { redis, subscriber, tokens, channels, now, log, origins = [], socketsMax = SOCKETS_MAX } = deps;
  const resources = new CloseStack();
  const onError = rateLimitedLog(log, "not pushed", EACH_SECOND);
  const onBug = (error: unknown) => log.error({ err: error }, "a request over a socket failed");
  const mysql = resources.use(openMysql(deps.mysqlUrl, { ...deps.mysqlBudget, connectionsMax: CONNECTIONS_MAX }));
  const onRedisError = rateLimitedLog(log, "the sockets of other gateways were not reached", EACH_SECOND);
  // Only websockets: long polling needs a balancer that sends every request of a client to the same gateway.
  const engine = new EngineServer({
    transports: ["websocket"],
    allowUpgrades: false,
    perMessageDeflate: false,
    maxHttpBufferSize: MESSAGE_BYTES_MAX,
    ...PING,
  });
  const io: PushServer = new Server({
    serveClient: false,
    connectTimeout: HANDSHAKE_MS,
    adapter: redisBus({ redis, subscriber, onRedisError }),
  });
  io.bind(engine);
  resources.defer(() => io.of("/").adapter.close());
  const local = new LocalSockets(io);

  const rows = rowsToPush({
    io,
    local,
    mysql,
    isFirst: (topic, userId, id) => pusher.isFirst(topic, userId, id),
    onError,
  });
  const pusher = new ChangePusher({ isHere: (userId) => local.countOf(userId) > 0, ...rows, onError });
  resources.defer(() => pusher[Symbol.dispose]());
  const everyMs = deps.updatesEveryMs ?? UPDATES_EVERY_MS;
  const watch = new UpdateWatch({
    mysql,
    blocks: deps.blocks,
    everyMs,
    onError,
    send: (socket, updates) => send(socket, "updates", updates),
  });
  resources.defer(() => watch[Symbol.dispose]());
  resources.defer(startSocketReaper({ io, tokens, now, onError }));

  engine.on("connection", guardConnection);
  io.use(authenticateSocket({ tokens, local, limit: deps.limit, trustProxy: deps.trustProxy, onBug }));
  const serving = { tokens, channels, local, watch, catchUp: catchUp(rows.missed), now, onBug };
  io.on("connection", (socket) => serveSocket(socket, serving));

  let isDraining = false;
  const upgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (isDraining || engine.clientsCount >= socketsMax)
      refuseUpgrade(socket, {
        status: "503 Service Unavailable",
        code: "UNAVAILABLE",
        message: isDraining ? "this gateway is leaving" : "no more connections fit here",
      });
    else if (!isOwnOrigin(req, origins))
      refuseUpgrade(socket, {
        status: "403 Forbidden",
        code: "PERMISSION_DENIED",
        message: "pages of that origin may not connect",
      });
    else engine.handleUpgrade(req as Parameters<typeof engine.handleUpgrade>[0], socket, head);
  };
  const drain = async () => {
    if (isDraining) return;
    isDraining = true;
    await drainSockets(io);
  };
  resources.defer(drain);

  return {
    push: (changes) => {
      pusher.push(changes);
      watch.onChanges(changes);
    },
    notifyRead: ({ readerId, peerId, upTo }) => {
      const read = { reader_id: String(readerId), peer_id: String(peerId), up_to: String(upTo) };
      io.to([roomOf(readerId), roomOf(peerId)]).emit("read", read);
    },
    get sockets() {
      return engine.clientsCount;
    },
    listen: (server) => takeUpgrades(server, PATH, upgrade),
    drain,
    [Symbol.asyncDispose]: () => resources.close(),
  };
}
