import type { Logger } from "./executor.js";

/** The logger, without what it throws: a line that cannot be written must not stop the run that it is about. */
export function safeLogger(logger: Logger): Logger {
  const safely = (level: keyof Logger) => (message: string) => {
    try {
      logger[level](message);
    } catch {
      // There is nowhere left to say it.
    }
  };
  return { debug: safely("debug"), info: safely("info"), warn: safely("warn"), error: safely("error") };
}
