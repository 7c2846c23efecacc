import { once } from "node:events";
import { createServer, connect as dial, type Server, type Socket } from "node:net";
import {
  type Edge,
  openServer,
  type Recommend,
  type Recommendation,
  recommendService,
  userRecommendService,
} from "../src/index.js";

export function recommendation(fields: Partial<Recommendation> = {}): Recommendation {
  return { exposure: "", timeStamp: 0n, recommends: [], mode: "refresh", stamp: 0n, algo: "", reasons: [], ...fields };
}

export const reader = { userId: 7n, channelId: 0, articleNum: 10, timeStamp: 0n };

/** A recommendation server on a free port. Bugs are collected, so that a test can say there were none. */
export async function openRecommender(
  recommend: Recommend,
  { edge, address = "127.0.0.1:0", ...options }: { edge?: Partial<Edge>; address?: string; drainMs?: number } = {},
) {
  const bugs: unknown[] = [];
  const it = { onBug: (error: unknown) => void bugs.push(error), ...edge };
  const countUpdates = () => ({ count: 3 });
  const server = await openServer({
    address,
    services: [userRecommendService(recommend, it), recommendService({ recommend, countUpdates }, it)],
    ...options,
  });
  return Object.assign(server, { bugs });
}

export const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits for what must come true, and says how long it took. */
export async function eventually(what: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<number> {
  const start = performance.now();
  while (!(await what())) {
    if (performance.now() - start > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await after(10);
  }
  return performance.now() - start;
}

/** A TCP path that can be muted: connections are still accepted, and nothing goes through, for new and old ones alike. */
export async function openPath(target: number) {
  let muted = false;
  const pairs = new Set<[Socket, Socket | undefined]>();
  const server: Server = createServer((near) => {
    near.on("error", () => near.destroy());
    if (muted) {
      pairs.add([near, undefined]);
      return;
    }
    const far = dial(target, "127.0.0.1");
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    far.on("error", () => near.destroy());
    near.on("close", () => {
      pairs.delete(pair);
      far.destroy();
    });
    far.on("close", () => near.destroy());
    near.on("data", (bytes) => muted || far.write(bytes));
    far.on("data", (bytes) => muted || near.write(bytes));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const cut = () => {
    for (const [near] of pairs) near.destroy();
    pairs.clear();
  };
  return {
    address: typeof address === "object" ? `127.0.0.1:${address?.port}` : "",
    connections: () => pairs.size,
    /** What was open before stays mute for good, as a half-open connection does. */
    mute() {
      muted = true;
    },
    /** New connections go through again. Old ones lost bytes and stay dead. */
    heal() {
      muted = false;
      for (const [near, far] of pairs) {
        near.removeAllListeners("data").pause();
        far?.removeAllListeners("data").pause();
      }
    },
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
