/** Log sink of a scheduler: pino, console, or any object with these four methods. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Default of a library: warnings and errors go to stderr, the rest is dropped. */
export const defaultLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
};

/** Wraps a logger and swallows what it throws: a line that cannot be written must not stop the run that it is about. */
export function safeLogger(logger: Logger): Logger {
  const safely = (level: keyof Logger) => (message: string) => {
    try {
      logger[level](message);
    } catch {
      // No place is left to report it.
    }
  };
  return { debug: safely("debug"), info: safely("info"), warn: safely("warn"), error: safely("error") };
}
