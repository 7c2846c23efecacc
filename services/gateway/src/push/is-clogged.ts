import type { PushSocket } from "./push-events.js";

const PACKETS_MAX = 500;
const BYTES_MAX = 1_024 * 1_024;

/** True for a slow consumer, whose send buffer exceeds a limit. */
export function isClogged({ conn }: PushSocket): boolean {
  return waiting(conn) > PACKETS_MAX || (webSocketOf(conn)?.bufferedAmount ?? 0) > BYTES_MAX;
}

/** Ends a connection at once, without a goodbye to a client that reads nothing. */
export function hangUp(conn: Connection): void {
  webSocketOf(conn)?.terminate();
  conn.close(true);
}

type Connection = PushSocket["conn"];

interface WebSocket {
  readonly bufferedAmount: number;
  terminate(): void;
}

/** Packets that the connection has not begun to send. */
function waiting(conn: Connection): number {
  return (conn as unknown as { writeBuffer: readonly unknown[] }).writeBuffer.length;
}

function webSocketOf({ transport }: Connection): WebSocket | undefined {
  return (transport as unknown as { socket?: WebSocket }).socket;
}
