import type { Json } from "@headline/scheduler";
import { plainJson } from "@headline/scheduler/kit";
import { NotSendableError } from "./task-errors.js";

/** The value as it will arrive at a worker. Throws a NotSendableError with its place in the arguments. */
export function sendable(value: unknown, place: string): Json {
  return plainJson(
    value,
    place,
    (where, what) => new NotSendableError(`${where}: ${what} cannot be sent to a worker; arguments are JSON`),
  );
}
