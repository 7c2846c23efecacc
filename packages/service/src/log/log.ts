import { pino } from "pino";
import { problemCounter } from "./problems.js";

/** Logger of pino. */
export type Log = pino.Logger;

const WARN = 40;
const ERROR = 50;

/** Structured logs, one JSON object a line, to standard output. What is warned of is counted (see `problemsOf`). */
export function createLog({ name, level = "info" }: { name: string; level?: string | undefined }): Log {
  const problems = problemCounter();
  const log = pino({
    name,
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: withoutArguments },
    hooks: {
      logMethod(args, method, number) {
        const [first, second] = args as unknown[];
        if (number >= WARN) problems.count(number < ERROR ? "warn" : "error", second ?? first, first);
        method.apply(this, args);
      },
    },
  });
  problems.belongsTo(log);
  return log;
}

/** Of an error, what says what happened: drivers attach the command or statement with its arguments, a login's password among them. */
const KEPT = [
  ...["type", "message", "stack", "code", "errno", "sqlState", "fatal"],
  ...["syscall", "address", "port", "hostname", "fields", "retryAfterSeconds"],
];

function withoutArguments(error: unknown): unknown {
  const serialized: unknown = pino.stdSerializers.err(error as Error);
  return error instanceof Error ? kept(serialized as Record<string, unknown>) : serialized;
}

function kept(serialized: Record<string, unknown>): Record<string, unknown> {
  const { aggregateErrors, command } = serialized;
  const name = (command as { name?: unknown } | undefined)?.name;
  return {
    ...Object.fromEntries(KEPT.flatMap((key) => (serialized[key] === undefined ? [] : [[key, serialized[key]]]))),
    ...(Array.isArray(aggregateErrors) && { aggregateErrors: aggregateErrors.map(kept) }),
    ...(name !== undefined && { command: name }),
  };
}

/** For best effort written as such: `await counts.offer(…).catch(logError(log, "count not offered"))`. */
export function logError(log: Log, message: string): (error: unknown) => void {
  return (error) => log.warn({ err: error }, message);
}

interface RateLimit {
  readonly everyMs: number;
  readonly now?: () => number;
}

/** For what can happen a thousand times a second: says the first at once, and then at most one line each `everyMs`, with how many it stands for. */
export function rateLimitedLog(
  log: Log,
  message: string,
  { everyMs, now = Date.now }: RateLimit,
): (error: unknown, fields?: object) => void {
  let unsaid = 0;
  let saidAtMs = Number.NEGATIVE_INFINITY;
  return (error, fields) => {
    unsaid += 1;
    if (now() - saidAtMs < everyMs) return;
    log.warn({ err: error, times: unsaid, ...fields }, message);
    saidAtMs = now();
    unsaid = 0;
  };
}
