import type { Logger } from "./executor.js";

/** Warnings and errors on stderr, the rest to nobody: what a library should say when it was given no logger. */
export const defaultLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
};
