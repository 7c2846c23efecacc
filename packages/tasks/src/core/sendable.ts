import type { Json } from "@headline/scheduler";
import { plainJson } from "@headline/scheduler/kit";
import { NotSendableError } from "./task-errors.js";

/** Converts a value to the JSON that arrives at a worker; throws a NotSendableError with its path in the arguments. */
export function sendable(value: unknown, place: string): Json {
  return plainJson(
    value,
    place,
    (where, what) => new NotSendableError(`${where}: ${what} cannot be sent to a worker; arguments are JSON`),
  );
}
