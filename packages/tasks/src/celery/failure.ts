import type { Json } from "@headline/scheduler";
import { describeThrown, type RemoteError } from "@headline/scheduler/kit";

/** Exception as Celery stores it. */
export interface WireFailure {
  readonly exc_type: string;
  readonly exc_message: Json;
  readonly exc_module: string | null;
}

/** Errors of this package that Celery has by another name, and their module there. */
const CELERY: Readonly<Record<string, readonly [type: string, module: string]>> = {
  NotRegisteredError: ["NotRegistered", "celery.exceptions"],
  TaskRevokedError: ["TaskRevokedError", "celery.exceptions"],
  MaxRetriesExceededError: ["MaxRetriesExceededError", "celery.exceptions"],
  ChordError: ["ChordError", "celery.exceptions"],
  TimeLimitExceededError: ["TimeLimitExceeded", "billiard.exceptions"],
  SoftTimeLimitExceededError: ["SoftTimeLimitExceeded", "billiard.exceptions"],
  WorkerLostError: ["WorkerLostError", "billiard.exceptions"],
  TypeError: ["TypeError", "builtins"],
  SyntaxError: ["SyntaxError", "builtins"],
};

const HERE = new Map(Object.entries(CELERY).map(([name, [type]]) => [type, name]));

/** Converts an error to the exception that Python raises for it: a class of the same name, made when there is none. */
export function toWireFailure(thrown: unknown): { readonly failure: WireFailure; readonly traceback: string } {
  const { name, message, stack } = describeThrown(thrown);
  const [type, module] = CELERY[name] ?? [classNameOf(name), null];
  return { failure: { exc_type: type, exc_message: [message], exc_module: module }, traceback: stack };
}

/** Converts a stored exception to an error with its type, message and traceback. */
export function fromWireFailure(failure: unknown, traceback: unknown): RemoteError {
  const { exc_type: type, exc_message: message } = (failure ?? {}) as Partial<WireFailure>;
  const name = typeof type === "string" && type !== "" ? type : "Error";
  return {
    name: HERE.get(name) ?? name,
    message: messageOf(message ?? (typeof failure === "string" ? failure : "")),
    stack: typeof traceback === "string" ? traceback : "",
  };
}

/** Joins the arguments of an exception as Python shows them. */
function messageOf(message: Json): string {
  const parts = Array.isArray(message) ? message : [message];
  return parts.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join(", ");
}

/** Python makes a class of it: an identifier. */
function classNameOf(name: string): string {
  const identifier = name.replaceAll(/\W/g, "_");
  return /^[A-Za-z_]/.test(identifier) ? identifier : "Error";
}
