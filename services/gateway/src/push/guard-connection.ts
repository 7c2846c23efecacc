import { hangUp } from "./is-clogged.js";
import type { PushSocket } from "./push-events.js";
import { tokenBucket } from "./token-bucket.js";

/** Packets of any kind that one connection may send. */
const PACKETS = { perSecond: 20, burst: 100 };
/** Limit for a client to answer a goodbye; ws alone waits for half a minute. */
const GOODBYE_MS = 1_000;

/** Cuts a connection that floods, or that was closed and whose client does not let go. */
export function guardConnection(conn: PushSocket["conn"]): void {
  const mayPass = tokenBucket(PACKETS);
  conn.on("packet", () => {
    if (!mayPass()) hangUp(conn);
  });
  conn.once("close", () => {
    setTimeout(() => hangUp(conn), GOODBYE_MS).unref();
  });
}
