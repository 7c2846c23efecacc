import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { refuseUnreadable } from "./refuse-unreadable.js";

let server: Server;

beforeAll(async () => {
  server = createServer({ maxHeaderSize: 1_024 }, (_req, res) => res.end("read")).listen(0, "127.0.0.1");
  server.on("clientError", refuseUnreadable);
  await once(server, "listening");
});
afterAll(() => void server.close());

async function send(text: string): Promise<{ head: string; problem: Record<string, unknown> }> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.write(text);
  await once(socket, "close");
  const [head = "", body = ""] = Buffer.concat(chunks).toString().split("\r\n\r\n");
  return { head, problem: JSON.parse(body) };
}

test("what is not HTTP, and headers too large, are problems like any other", async () => {
  const malformed = await send("NONSENSE\r\n\r\n");
  expect(malformed.head).toMatch(/^HTTP\/1.1 400 Bad Request\r\nContent-Type: application\/problem\+json/);
  expect(malformed.problem).toMatchObject({ status: 400, code: "INVALID_ARGUMENT", request_id: expect.any(String) });

  const large = await send(`GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${"x".repeat(5_000)}\r\n\r\n`);
  expect(large.problem).toMatchObject({ status: 431, title: "Request Header Fields Too Large" });
});
