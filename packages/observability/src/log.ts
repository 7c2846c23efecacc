import { pino } from "pino";

export type Log = pino.Logger;

/** Structured logs, one JSON object a line, to standard output. */
export function createLog({ name, level = "info" }: { name: string; level?: string | undefined }): Log {
  return pino({ name, level, timestamp: pino.stdTimeFunctions.isoTime });
}

/** For best effort written as such: `await counts.offer(…).catch(logged(log, "count not offered"))`. */
export function logged(log: Log, message: string): (error: unknown) => void {
  return (error) => log.warn({ err: error }, message);
}

interface Gathered {
  readonly everyMs: number;
  readonly now?: () => number;
}

/** For what can happen a thousand times a second: says the first at once, and then at most one line each `everyMs`, with how many it stands for. */
export function gathered(log: Log, message: string, { everyMs, now = Date.now }: Gathered): (error: unknown) => void {
  let unsaid = 0;
  let saidAtMs = Number.NEGATIVE_INFINITY;
  return (error) => {
    unsaid += 1;
    if (now() - saidAtMs < everyMs) return;
    log.warn({ err: error, times: unsaid }, message);
    saidAtMs = now();
    unsaid = 0;
  };
}
