import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { deadline, pause } from "@headline/service/timing";
import type { Express } from "express";
import { createPresetServer } from "./preset-server.js";

interface Options {
  readonly host: string;
  readonly port: number;
  /** Time for which a draining server goes on serving, so that balancers notice /readyz first. */
  readonly graceMs: number;
  /** Limit for a connection without progress while an answer is owed; ten seconds by default. */
  readonly stallTimeoutMs?: number | undefined;
  /** Sockets on this server's connections. */
  readonly push: { listen(server: Server): void; drain(): Promise<void> };
  /** Notified when the shutdown begins: from then on /readyz is 503. */
  readonly onDrain: () => void;
}

export interface Serving extends AsyncDisposable {
  readonly port: number;
}

const STALL_TIMEOUT_MS = 10_000;
/** An answer takes 800 ms at most; who has not even sent the whole request by then is not waited for. */
const DRAIN_MS = 3_000;

/** Listens, until disposed of: then not ready first, serving all the same; then no new connections; what is in flight is answered. */
export async function serve(app: Express, options: Options): Promise<Serving> {
  const { host, port, graceMs, stallTimeoutMs = STALL_TIMEOUT_MS, push, onDrain } = options;
  const server = createPresetServer(app, { stallTimeoutMs });
  const closeUnused = unusedConnections(server);
  push.listen(server);
  server.listen(port, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      onDrain();
      server.prependListener("request", (_req, res) => res.setHeader("Connection", "close"));
      await pause(graceMs);
      await push.drain();
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      closeUnused();
      await deadline(closed, DRAIN_MS).catch(() => undefined);
      server.closeAllConnections();
    },
  };
}

/** Browsers connect ahead of need, and Node does not count as idle what never carried a request. Returns what closes these. */
function unusedConnections(server: Server): () => void {
  const connections = new Set<Socket>();
  server.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  return () => {
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
  };
}
