import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

import { unansweredOn } from "../http/exchanges.js";
import { hangUpWith } from "../http/hang-up.js";
import { rawProblem } from "../http/problem-details.js";

type Upgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Gives upgrades of `path` to `upgrade`, and all others back to the server as the requests they would be without the offer
 * to upgrade: clients that offer h2c on every request, as Java's does, are answered as before. Plain requests never come here.
 */
export function takeUpgrades(server: Server, path: string, upgrade: Upgrade): void {
  server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (unansweredOn(socket).length > 0)
      socket.destroy(); // answers would come into the midst of another protocol
    else if (isOf(req.url ?? "", path) && req.headers.upgrade?.toLowerCase() === "websocket")
      upgrade(req, socket, head);
    else giveBack(server, req, socket, head);
  });
}

/** Refuses an upgrade with a problem, and ends the connection. */
export function refuseUpgrade(
  socket: Duplex,
  { status, code, message }: { status: string; code: string; message: string },
): void {
  const problem = { status: Number(status.slice(0, 3)), title: status.slice(4), code, message };
  hangUpWith(socket, rawProblem(problem, problem.status === 503 ? { "Retry-After": "1" } : {}));
}

function isOf(url: string, path: string): boolean {
  return url.startsWith(path) && (url.length === path.length || url[path.length] === "?" || url[path.length] === "/");
}

/** The request once more, without its offer, and then the socket as if it had just connected. */
function giveBack(
  server: Server,
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  socket: Duplex,
  head: Buffer,
) {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const value = rawHeaders[at + 1] as string;
    if (/^(upgrade|http2-settings)$/i.test(name)) continue;
    lines.push(`${name}: ${/^connection$/i.test(name) ? withoutUpgrade(value) : value}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("connection", socket as Socket);
}

function withoutUpgrade(connection: string): string {
  const options = connection.split(",").map((option) => option.trim());
  return options.filter((option) => !/^(upgrade|http2-settings)$/i.test(option)).join(", ") || "keep-alive";
}
