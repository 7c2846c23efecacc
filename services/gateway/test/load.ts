import { eventually } from "@headline/testkit";
import type { Answer } from "./open-world.js";

export interface Shot {
  /** When it was sent, by performance.now(). */
  readonly atMs: number;
  readonly tookMs: number;
  /** The answer; undefined when the connection broke. */
  readonly answer: Answer | undefined;
  readonly error?: unknown;
}

export interface Load {
  readonly shots: readonly Shot[];
  /** Requests sent from `atMs` on. */
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

/** Answers by status; a broken connection counts as "broken". */
export function statuses(shots: readonly Shot[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { answer } of shots) {
    const status = String(answer?.status ?? "broken");
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

/** Resolves when so many more have been answered; `withinMs` is for what hangs. */
export async function answered(load: Load, more: number): Promise<void> {
  const before = load.shots.length;
  await eventually(() => {
    if (load.shots.length < before + more) throw new Error(`${load.shots.length - before} of ${more} were answered`);
  });
}

/** Unhandled rejections while `work` ran. Jest would end the run; production would log them. */
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
