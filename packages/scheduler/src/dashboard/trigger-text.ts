import { thrownMessage } from "../core/describe-thrown.js";
import type { Trigger } from "../triggers/trigger.js";
import { triggerFromText as readTrigger } from "../triggers/trigger-from-text.js";
import { InputProblem } from "./http/problem.js";

/** Reads a trigger from text. Throws an InputProblem that names the field. */
export function triggerFromText(text: string, timezone: string): Trigger {
  try {
    return readTrigger(text, timezone);
  } catch (error) {
    throw new InputProblem("trigger", thrownMessage(error).replace(/^trigger: /, ""));
  }
}
