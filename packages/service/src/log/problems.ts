import type { Logger } from "pino";

/** A warning or an error, and how often it was logged. */
export interface Problem {
  readonly level: "warn" | "error";
  readonly message: string;
  times: number;
}

/** Messages are sentences in the code, so there are few; other messages do not fill the memory. */
const MESSAGES_MAX = 100;
const MESSAGE_CHARACTERS_MAX = 120;
const OTHER = "(other messages)";

const problems = new WeakMap<object, Map<string, Problem>>();

/** Warnings and errors of a log so far. */
export function problemsOf(log: Logger): Iterable<Problem> {
  return problems.get(log)?.values() ?? [];
}

/** Counts what is warned of; a line that stands for several times counts as many. */
export function problemCounter() {
  const counted = new Map<string, Problem>();
  return {
    belongsTo: (log: Logger) => void problems.set(log, counted),
    count(level: Problem["level"], text: unknown, line: unknown): void {
      const message = typeof text === "string" ? text.slice(0, MESSAGE_CHARACTERS_MAX) : OTHER;
      const times = Number((line as { times?: unknown } | undefined)?.times ?? 1) || 1;
      const problem = counted.get(message);
      if (problem !== undefined) problem.times += times;
      else if (counted.size < MESSAGES_MAX || message === OTHER) counted.set(message, { level, message, times });
      else this.count(level, OTHER, line);
    },
  };
}
