import { type Edge, openServer } from "@headline/grpc";
import { eventually } from "@headline/testkit";
import { type Recommend, type Recommendation, recommendService, userRecommendService } from "../src/index.js";

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

/** Waits until `what` holds. */
export async function until(what: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<void> {
  const check = async () => {
    if (!(await what())) throw new Error(`not within ${withinMs} ms: ${what}`);
  };
  await eventually(check, { withinMs });
}

/** As `openProxy` takes it. */
export const toPort = (port: number) => ({ target: { host: "127.0.0.1", port } });
