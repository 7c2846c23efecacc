import { isAbsolute } from "node:path";
import type { Executor } from "../core/executor.js";
import { AsyncExecutor, type AsyncExecutorOptions } from "../executors/async-executor.js";
import type { BullExecutorOptions } from "../executors/bull-executor.js";
import { DebugExecutor } from "../executors/debug-executor.js";
import type { WorkerThreadExecutorOptions } from "../executors/thread-executor.js";
import { storeKind } from "../stores/open-store.js";
import { amount, byType, type Check, fields, listOf, text, whole } from "./check.js";
import { checkedUrl } from "./checked-url.js";
import { ConfigError } from "./config-error.js";
import type { Opener } from "./opener.js";

const inThisProcess = fields<Required<Omit<AsyncExecutorOptions, "clock">>>({
  concurrency: whole(1),
  queueMax: whole(0),
  abortGraceMs: amount,
});

const debug = fields<object>({});

const thread = fields<Required<WorkerThreadExecutorOptions>, "filename">(
  {
    filename: modulePath,
    maxThreads: whole(1),
    minThreads: whole(0),
    queueMax: whole(0),
    idleTimeoutMs: amount,
    maxOldGenerationSizeMb: whole(1),
    execArgv: listOf(text),
  },
  "filename",
);

type BullFields = Required<Omit<BullExecutorOptions, "connection" | "clock">> & { url: string };
const bull = fields<BullFields, "url" | "queue">(
  {
    url: redisUrl,
    queue: text,
    prefix: text,
    inFlightMax: whole(1),
    lookUpMs: whole(1),
    abortGraceMs: amount,
    keepSeconds: whole(1),
  },
  "url",
  "queue",
);

/** Checks `{ "type": "async" | "debug" | "thread" | "bull", … }`: the options of that executor; `url` is BullMQ's Redis. */
export const executorOpener: Check<Opener<Executor>> = byType<Opener<Executor>>({
  async(value, path) {
    const options = inThisProcess(value, path);
    return async ({ clock }) => new AsyncExecutor({ ...options, ...(clock === undefined ? {} : { clock }) });
  },
  debug(value, path) {
    debug(value, path);
    return async () => new DebugExecutor();
  },
  thread(value, path) {
    const options = thread(value, path);
    return async () => {
      const { WorkerThreadExecutor } = await import("../executors/thread-executor.js");
      return new WorkerThreadExecutor(options);
    };
  },
  bull(value, path) {
    const { url, ...options } = bull(value, path);
    return async ({ clock }) => {
      const { BullExecutor } = await import("../executors/bull-executor.js");
      return new BullExecutor({ ...options, connection: url, ...(clock === undefined ? {} : { clock }) });
    };
  },
});

function modulePath(value: unknown, path: string): string {
  const name = text(value, path);
  if (isAbsolute(name) || name.startsWith("file://")) return name;
  throw new ConfigError(path, "must be an absolute path or a file URL");
}

/** Checks an address; an error repeats no part of it, which may hold a password. */
function redisUrl(value: unknown, path: string): string {
  if (typeof value !== "string" || storeKind(value) !== "redis")
    throw new ConfigError(path, "must begin with redis://, rediss://, unix:// or /");
  return checkedUrl("redis", value, path);
}
