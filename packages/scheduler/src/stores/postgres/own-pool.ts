import { optionalPeer } from "../../core/optional-peer.js";
import { urlOption } from "../url-option.js";
import { postgresAddress } from "./address.js";
import { hangUp, type PostgresPool } from "./pool.js";

/** Small pool of the store's own, opened at its first use: without a url pg is not even loaded. */
export interface OwnPool {
  pool(): Promise<PostgresPool>;
  /** Allows the next use after a `close` to open another pool. */
  reopen(): void;
  /** Closes the pool without waiting for a server that does not answer. */
  close(): Promise<void>;
}

/** Four for calls and one that listens. */
const CONNECTIONS = 5;
const CLOSE_MS = 1_000;

export function ownPool(url: string, connectMs: number): OwnPool {
  const { Pool } = optionalPeer<typeof import("pg")>("pg", "PostgresJobStore");
  const address = urlOption("url", postgresAddress, url);
  const open = new Set<object>();
  let pool: InstanceType<typeof Pool> | undefined;
  let isClosed = false;
  return {
    async pool() {
      if (isClosed) throw new Error("the job store is closed");
      if (pool !== undefined) return pool;
      pool = new Pool({
        ...address,
        max: CONNECTIONS,
        idleTimeoutMillis: 60_000,
        // An attempt to reach a dead link has a place in the pool: less long than a caller waits.
        connectionTimeoutMillis: Math.ceil(connectMs / 2),
        keepAlive: true,
        keepAliveInitialDelayMillis: 10_000,
      });
      pool.on("error", () => {}); // an idle connection that ends is replaced at its next use
      pool.on("connect", (client) => open.add(client));
      pool.on("remove", (client) => open.delete(client));
      return pool;
    },
    reopen() {
      isClosed = false;
    },
    async close() {
      isClosed = true;
      const closing = pool;
      pool = undefined;
      if (closing === undefined) return;
      let timer: NodeJS.Timeout | undefined;
      const left = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([closing.end().catch(() => {}), left]); // a broken connection fails to end
      clearTimeout(timer);
      for (const client of open) hangUp(client);
      open.clear();
    },
  };
}
