import type { Pool } from "mysql2/promise";
import { mysqlAddress } from "../server-url.js";
import { urlOption } from "../url-option.js";
import { hangUp } from "./connections.js";

/** Small pool of the store's own, opened at its first use: without a url mysql2 is not even loaded. */
export interface OwnPool {
  pool(): Promise<Pool>;
  /** Returns the pool; after a `close`, the next use opens another. */
  reopen(): void;
  /** Closes the pool without waiting for a server that does not answer. */
  close(): Promise<void>;
}

const CLOSE_MS = 1_000;

export function ownPool(url: string, connectMs: number): OwnPool {
  let opening: Promise<Pool> | undefined;
  let isClosed = false;
  const open = new Set<object>();
  return {
    pool: async () => {
      if (isClosed) throw new Error("the job store is closed");
      opening ??= opened(url, connectMs, open);
      return opening;
    },
    reopen() {
      isClosed = false;
    },
    async close() {
      isClosed = true;
      const pool = await opening;
      opening = undefined;
      if (pool === undefined) return;
      let timer: NodeJS.Timeout | undefined;
      const left = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      const ended = pool.end().catch(() => {}); // a broken connection
      await Promise.race([ended, left]);
      clearTimeout(timer);
      for (const connection of open) hangUp(connection);
    },
  };
}

async function opened(url: string, connectMs: number, open: Set<object>): Promise<Pool> {
  const { default: mysql2 } = await import("mysql2/promise"); // its default survives bundlers, its names do not
  const pool = mysql2.createPool({
    ...urlOption("url", mysqlAddress, url),
    connectionLimit: 4,
    maxIdle: 4,
    idleTimeout: 60_000,
    queueLimit: 50,
    // A connection to a dead link has a place in the pool while it is being opened: less long than a caller waits.
    connectTimeout: Math.ceil(connectMs / 2),
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
    charset: "utf8mb4",
    supportBigNumbers: true,
  });
  pool.on("connection", (connection) => {
    const made = connection as unknown as object & { once(event: "end", act: () => void): void };
    open.add(made);
    made.once("end", () => open.delete(made));
  });
  return pool;
}
