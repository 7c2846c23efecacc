import { retryUntil } from "@headline/service/lifecycle";
import { ifOutage } from "./if-outage.js";
import { openMysql } from "./pool.js";

interface Options {
  readonly signal: AbortSignal;
  /** Told again and again, about every quarter of a second, why it does not answer. */
  readonly onAway: (error: unknown) => void;
}

/** Resolves once MySQL answers. Rejects when the signal comes, and with what waiting would not help: a wrong password, say. */
export async function waitForMysql(url: string, { signal, onAway }: Options): Promise<void> {
  await using mysql = openMysql(url, { connectionsMax: 1, acquireTimeoutMs: 500, statementTimeoutMs: 500 });
  await retryUntil(() => mysql.query("SELECT 1"), { signal, onFailure: ifOutage(onAway) });
}
