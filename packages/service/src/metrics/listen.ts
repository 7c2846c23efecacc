import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "./metrics.js";

/** HTTP server that answers scrapes. */
export interface MetricsListener extends AsyncDisposable {
  readonly port: number;
}

/** Answers what the process counts, whatever the request was. */
export function answerMetrics(metrics: Metrics): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  return async (_req, res) => {
    const body = Buffer.from(await metrics.text());
    res.setHeader("Content-Type", metrics.contentType);
    res.setHeader("Content-Length", body.length);
    res.setHeader("Cache-Control", "no-store");
    res.end(body);
  };
}

/** GET /metrics on a port of its own, for processes whose own port is the public's or speaks another language. */
export async function listenForMetrics(
  metrics: Metrics,
  { port, host = "0.0.0.0" }: { port: number; host?: string | undefined },
): Promise<MetricsListener> {
  const answer = answerMetrics(metrics);
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (req, res) => {
    res.setHeader("X-Content-Type-Options", "nosniff");
    if (req.url === "/metrics") answer(req, res).catch(() => res.destroy());
    else res.writeHead(404).end();
  });
  server.listen(port, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
