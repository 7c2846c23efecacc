import { ifRefused, Refusal } from "@headline/service/errors";
import { isNotLetIn } from "./failure.js";

/** For a start that is tried again: reports an outage, and throws what waiting would not help: a wrong password, a missing table. */
export function ifOutage(report: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    if (!isNotLetIn(error)) return ifRefused(report)(error);
    throw error instanceof Refusal ? (error.cause ?? error) : error;
  };
}
