import type { Cluster } from "ioredis";
import type { ServerLogger } from "./check-server.js";
import { type RedisClient, reconnectAfterMs } from "./client.js";
import { isReply } from "./failure.js";

/** A listening connection sends nothing, so nothing would time out on a half-open link: it asks for a sign of life. */
const PING_EVERY_MS = 1_000;
const PONG_WITHIN_MS = 1_000;

/** Time until a refused channel is asked for again, doubling up to a minute: the right may be granted meanwhile. */
const REFUSED_MIN_MS = 1_000;
const REFUSED_MAX_MS = 60_000;

/**
 * Listens to the namespace's channel while anybody listens to it, over a connection of its own. Without the right to the
 * channel, schedulers find what is due by polling.
 */
export class WakeUp {
  readonly #listeners = new Set<() => void>();
  #connection: RedisClient | undefined;
  #pinging: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #isLogged = false;

  constructor(
    private readonly client: RedisClient,
    private readonly channel: string,
    private readonly logger: ServerLogger,
  ) {}

  subscribe(onWake: () => void): () => void {
    const listener = () => onWake(); // the same callback may be given twice
    this.#listeners.add(listener);
    if (this.#connection === undefined) this.#listen();
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    this.#listeners.clear();
    clearInterval(this.#pinging);
    clearTimeout(this.#again);
    this.#connection?.disconnect();
    this.#connection = undefined;
  }

  #listen(): void {
    const connection = duplicateOf(this.client);
    this.#connection = connection;
    connection.on("error", () => {}); // it connects again by itself
    connection.on("message", (channel) => {
      if (channel === this.channel) this.#wake();
    });
    // Messages may have been missed until now, the first time as well as after each reconnection.
    connection.on("ready", () => this.#subscribe(connection, REFUSED_MIN_MS));
    connection.connect().catch(() => {}); // the retries go on
    if (isCluster(connection)) return;
    this.#pinging = setInterval(() => {
      if (connection.status === "ready")
        connection.ping().catch((error) => isReply(error) || this.#connectAgain(connection));
    }, PING_EVERY_MS);
    this.#pinging.unref();
  }

  #subscribe(connection: RedisClient, againMs: number): void {
    clearTimeout(this.#again);
    connection.subscribe(this.channel).then(
      () => this.#wake(),
      (error: unknown) => {
        if (!isReply(error)) this.#connectAgain(connection);
        else if (this.#connection === connection) this.#refused(connection, error, againMs);
      },
    );
  }

  #refused(connection: RedisClient, { message }: Error, againMs: number): void {
    if (!this.#isLogged)
      this.logger.warn(`Redis refuses the channel ${this.channel}, jobs are found by polling instead: ${message}`);
    this.#isLogged = true;
    const next = () => {
      if (connection.status === "ready") this.#subscribe(connection, Math.min(2 * againMs, REFUSED_MAX_MS));
    };
    this.#again = setTimeout(next, againMs).unref();
  }

  /** Unless it was closed, which ends its commands as well. */
  #connectAgain(connection: RedisClient): void {
    if (this.#connection === connection) connection.disconnect(true);
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }
}

function duplicateOf(client: RedisClient): RedisClient {
  if (isCluster(client)) return client.duplicate([], { lazyConnect: true, keyPrefix: "" });
  return client.duplicate({
    lazyConnect: true,
    keyPrefix: "",
    autoResubscribe: false,
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    maxRetriesPerRequest: 0,
    commandTimeout: PONG_WITHIN_MS,
    connectTimeout: PONG_WITHIN_MS,
    disconnectTimeout: 100,
    retryStrategy: reconnectAfterMs,
  });
}

function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster;
}
