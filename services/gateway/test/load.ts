import { eventually } from "@headline/testkit";
import type { Answer } from "./open-world.js";

export interface Shot {
  /** When it was sent, by performance.now(). */
  readonly atMs: number;
  readonly tookMs: number;
  /** What came back; undefined when the connection broke. */
  readonly answer: Answer | undefined;
  readonly error?: unknown;
}

export interface Load {
  readonly shots: readonly Shot[];
  /** What was sent from `atMs` on. */
  since(atMs: number): readonly Shot[];
  /** Lets what is in flight end. */
  stop(): Promise<readonly Shot[]>;
}

/**
 * Clients that each send one request after the other until they are stopped; some hundred a second in all, so that tests
 * beside this one have their share of the processors.
 */
export function startLoad(send: (client: number) => Promise<Answer>, { clients = 8, pauseMs = 80 } = {}): Load {
  const shots: Shot[] = [];
  let stopped = false;
  const running = Array.from({ length: clients }, async (_, client) => {
    while (!stopped) {
      const atMs = performance.now();
      const result = await send(client).then(
        (answer) => ({ answer }),
        (error: unknown) => ({ answer: undefined, error }),
      );
      shots.push({ atMs, tookMs: performance.now() - atMs, ...result });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  });
  return {
    shots,
    since: (atMs) => shots.filter((shot) => shot.atMs >= atMs),
    async stop() {
      stopped = true;
      await Promise.all(running);
      return shots;
    },
  };
}

/** How often each status came; a broken connection counts as "broken". */
export function statuses(shots: readonly Shot[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { answer } of shots) {
    const status = String(answer?.status ?? "broken");
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

export function slowestMs(shots: readonly Shot[]): number {
  return Math.max(0, ...shots.map(({ tookMs }) => tookMs));
}

/** The share of pages that the recommender chose just then; a busy machine costs it a deadline now and then. */
export function liveShare(shots: readonly Shot[]): number {
  const pages = shots.filter(({ answer }) => answer?.body.data?.results !== undefined);
  return pages.filter(({ answer }) => answer?.body.data.degraded === false).length / pages.length;
}

/** Failures nobody handled while `work` ran. Jest would end the run; production would log them. */
export async function unhandledDuring(work: () => Promise<void>): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    await work();
    await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    process.off("unhandledRejection", note);
  }
  return unhandled;
}

/** Notes what is not as fast as promised, and lets the rest of the round go on. */
export type Pace = (promise: () => void) => void;

/**
 * Runs `round` until one round keeps everything it promises about time, up to three: what runs beside it may take the
 * processors away for one. What is wrong whatever the time, and so not given to `pace`, fails at once.
 */
export async function inOneOfThree(round: (pace: Pace) => Promise<void>): Promise<void> {
  for (let left = 2; ; left -= 1) {
    const late: unknown[] = [];
    await round((promise) => {
      try {
        promise();
      } catch (error) {
        late.push(error);
      }
    });
    if (late.length === 0) return;
    if (left === 0) throw late[0];
    console.log(`once more, of a busy machine: ${String(late[0]).slice(0, 200)}`);
  }
}

/** How long it takes until `check` passes, ms. */
export async function untilPasses(check: () => void | Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await eventually(check, { withinMs: 8_000 });
  return Math.round(performance.now() - startedAt);
}
