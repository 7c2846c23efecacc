import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { eventually } from "./eventually.js";
import { openProxy } from "./open-proxy.js";
import { throwawayRedis } from "./throwaway-redis.js";

describe("openProxy", () => {
  test("forwards both ways, and the end of a connection too", async () => {
    await using echo = await echoServer();
    await using proxy = await openProxy({ target: echo.target });
    const client = await dial(proxy.port);
    expect(await say(client, "hello")).toBe("hello");
    expect(proxy.counts).toEqual({ connections: 1, open: 1, bytesUp: 5, bytesDown: 5, bytesSwallowed: 0 });
    client.end();
    await once(client, "close");
    await eventually(() => expect(echo.sockets.size).toBe(0));
    expect(proxy.counts.open).toBe(0);
  });

  test("carries much without mixing it up", async () => {
    await using echo = await echoServer();
    await using proxy = await openProxy({ target: echo.target });
    const client = await dial(proxy.port);
    const sent = Buffer.alloc(8_000_000, "0123456789");
    let received = Buffer.alloc(0);
    client.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
    });
    client.write(sent);
    await eventually(() => expect(received.length).toBe(sent.length));
    expect(received.equals(sent)).toBe(true);
    client.destroy();
  });

  test("stands between unix sockets", async () => {
    await using redis = await throwawayRedis();
    await using proxy = await openProxy({ target: redis.target, path: `${redis.path}.proxy` });
    const client = new Redis(proxy.address);
    expect(await client.ping()).toBe("PONG");
    client.disconnect();
  });

  test("in a black hole connections stay up and dead; after it new ones live and old ones do not", async () => {
    await using echo = await echoServer();
    await using proxy = await openProxy({ target: echo.target });
    const old = await dial(proxy.port);
    expect(await say(old, "before")).toBe("before");

    proxy.blackhole();
    expect(await heardOf(old, "lost")).toBe("silence");
    const inside = await dial(proxy.port);
    expect(await heardOf(inside, "lost")).toBe("silence");
    expect(echo.heard).toBe("before");
    expect(proxy.counts.bytesSwallowed).toBe(8);

    proxy.heal();
    expect(await heardOf(old, "lost")).toBe("silence");
    expect(await heardOf(inside, "lost")).toBe("silence");
    expect([old.readyState, inside.readyState]).toEqual(["open", "open"]);
    const fresh = await dial(proxy.port);
    expect(await say(fresh, "after")).toBe("after");
    for (const client of [old, inside, fresh]) client.destroy();
  });

  test("neither end hears in a black hole that the other has gone", async () => {
    await using echo = await echoServer();
    await using proxy = await openProxy({ target: echo.target });
    const [leaver, stayer] = [await dial(proxy.port), await dial(proxy.port)];
    await say(leaver, "a");
    await say(stayer, "b");
    proxy.blackhole();
    leaver.destroy();
    await setTimeout(30);
    expect(echo.sockets.size).toBe(2);
    for (const socket of echo.sockets) socket.destroy();
    await setTimeout(30);
    expect(stayer.readyState).toBe("open");
    stayer.destroy();
  });

  test("drops replies: what was asked is done, and nobody hears of it", async () => {
    await using redis = await throwawayRedis();
    await using proxy = await openProxy({ target: redis.target });
    const client = new Redis(proxy.port, { commandTimeout: 1_000 });
    await eventually(() => client.ping());
    proxy.dropReplies();
    await expect(client.incr("count")).rejects.toThrow("Command timed out");
    client.disconnect();
    const direct = new Redis(redis.url);
    expect(await direct.get("count")).toBe("1");
    direct.disconnect();
  });

  test("adds latency each way and keeps the order", async () => {
    await using echo = await echoServer();
    await using proxy = await openProxy({ target: echo.target });
    const client = await dial(proxy.port);
    proxy.latency(50);
    const startedAt = performance.now();
    const late = say(client, "a");
    expect(await late).toBe("a");
    expect(performance.now() - startedAt).toBeGreaterThan(95);
    client.write("1");
    await setTimeout(10);
    proxy.latency(0);
    client.write("2");
    await eventually(() => expect(echo.heard).toBe("a12"));
    client.destroy();
  });

  test("resets both ends", async () => {
    await using echo = await echoServer();
    await using proxy = await openProxy({ target: echo.target });
    const client = await dial(proxy.port);
    await say(client, "a");
    proxy.reset();
    const [error] = await once(client, "error");
    expect(error).toMatchObject({ code: "ECONNRESET" });
    await eventually(() => expect(echo.sockets.size).toBe(0));
    expect(proxy.counts.open).toBe(0);
  });

  test("refuses, and listens again at the same port", async () => {
    await using echo = await echoServer();
    await using proxy = await openProxy({ target: echo.target });
    const present = await dial(proxy.port);
    await proxy.refuse();
    await expect(dial(proxy.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(await say(present, "still here")).toBe("still here");
    await proxy.listen();
    const fresh = await dial(proxy.port);
    expect(await say(fresh, "again")).toBe("again");
    for (const client of [present, fresh]) client.destroy();
  });

  test("a target that is away is a connection that ends", async () => {
    const echo = await echoServer();
    await using proxy = await openProxy({ target: echo.target });
    await echo[Symbol.asyncDispose]();
    const client = connect(proxy.port, "127.0.0.1").on("error", () => {});
    await eventually(() => expect(client.closed).toBe(true));
    await eventually(() => expect(proxy.counts).toMatchObject({ connections: 1, open: 0 }));
  });
});

interface EchoServer extends AsyncDisposable {
  readonly target: { host: string; port: number };
  readonly sockets: ReadonlySet<Socket>;
  readonly heard: string;
}

async function echoServer(): Promise<EchoServer> {
  const sockets = new Set<Socket>();
  let heard = "";
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      heard += chunk.length < 100 ? chunk.toString() : "";
    });
    socket.pipe(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  return {
    target: { host: "127.0.0.1", port },
    sockets,
    get heard() {
      return heard;
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

/** The reply. */
async function say(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, "data");
  socket.write(text);
  const [chunk] = await answer;
  return chunk.toString();
}

/** The reply, or "silence" when nothing does for a moment. */
function heardOf(socket: Socket, text: string): Promise<string> {
  return Promise.race([say(socket, text), setTimeout(60, "silence", { ref: false })]);
}
