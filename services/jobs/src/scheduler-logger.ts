import type { Logger } from "@headline/scheduler";
import type { Log } from "@headline/service/log";

/** The scheduler's lines in the service's log. What it says of every run is for debugging here. */
export function schedulerLogger(log: Log): Logger {
  return {
    debug: (message) => log.debug(message),
    info: (message) => log.debug(message),
    warn: (message) => log.warn(message),
    error: (message) => log.error(message),
  };
}
