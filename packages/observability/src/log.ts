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
