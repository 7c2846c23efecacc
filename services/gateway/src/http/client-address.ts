import type { IncomingMessage } from "node:http";

/** Address of the client, as express finds it, for requests that are not express's: behind `trustProxy` proxies, X-Forwarded-For says it. */
export function clientAddress({ socket, headers }: IncomingMessage, trustProxy: number): string | undefined {
  const forwarded = [headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
  const named = forwarded.map((address) => address.trim()).filter((address) => address !== "");
  const hops = [...named, socket.remoteAddress ?? ""];
  return hops[Math.max(0, hops.length - 1 - trustProxy)];
}
