import type { Redis } from "@headline/redis";
import { z } from "zod";

const DATE_MAX_MS = 8.64e15;

/** One attempt at a background task, as the page shows it; `retries` are those before it. */
const Stored = z.object({
  id: z.string().nullable(),
  task: z.string(),
  args: z.string(),
  state: z.enum(["success", "failure"]),
  retries: z.number(),
  startedAtMs: z.number().min(0).max(DATE_MAX_MS),
  durationMs: z.number(),
  outcome: z.string(),
});

export type RecentTask = Readonly<z.infer<typeof Stored>>;

interface Request {
  readonly id: string | null;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly retries: number;
}

export const RECENT_TASKS_KEY = "headline:{tasks}:recent";
const KEY = RECENT_TASKS_KEY;
const KEPT = 200;
const TEXT_MAX = 500;

/** The last attempts of all workers, the newest first, in Redis: for people to look at, so losing it loses nothing. */
export class RecentTasks {
  constructor(
    private readonly redis: Redis,
    private readonly onRedisError: (error: unknown) => void,
    private readonly onUnreadable: (error: unknown) => void,
  ) {}

  /** Does the work, and keeps how it went. */
  async recorded<Result>({ id, task, args, retries }: Request, work: () => Promise<Result>): Promise<Result> {
    const startedAtMs = Date.now();
    const keep = (state: RecentTask["state"], outcome: string) =>
      this.#keep({
        ...{ id, task, retries, state, startedAtMs },
        args: JSON.stringify(args).slice(0, TEXT_MAX),
        durationMs: Date.now() - startedAtMs,
        outcome: outcome.slice(0, TEXT_MAX),
      });
    try {
      const result = await work();
      await keep("success", JSON.stringify(result) ?? "");
      return result;
    } catch (error) {
      await keep("failure", String(error));
      throw error;
    }
  }

  async list(): Promise<RecentTask[]> {
    const texts = await this.redis.lrange(KEY, 0, KEPT - 1);
    return texts.flatMap((text) => this.#readable(text));
  }

  #readable(text: string): RecentTask[] {
    try {
      return [Stored.parse(JSON.parse(text))];
    } catch (error) {
      this.onUnreadable(error);
      return [];
    }
  }

  async #keep(recent: RecentTask): Promise<void> {
    try {
      await Promise.all([this.redis.lpush(KEY, JSON.stringify(recent)), this.redis.ltrim(KEY, 0, KEPT - 1)]);
    } catch (error) {
      this.onRedisError(error);
    }
  }
}
