import { retryUntil } from "@headline/service/lifecycle";
import { ifOutage } from "./if-outage.js";
import { openMysql } from "./pool.js";

interface Options {
  readonly signal: AbortSignal;
  /** Receives the error of each attempt, about every quarter of a second. */
  readonly onAway: (error: unknown) => void;
}

/** Resolves once MySQL answers; rejects when the signal aborts, and for an error that no retry changes, such as a wrong password. */
export async function waitForMysql(url: string, { signal, onAway }: Options): Promise<void> {
  await using mysql = openMysql(url, { connectionsMax: 1, acquireTimeoutMs: 500, statementTimeoutMs: 500 });
  await retryUntil(() => mysql.query("SELECT 1"), { signal, onFailure: ifOutage(onAway) });
}
