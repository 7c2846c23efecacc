import { JobSpecError } from "./errors.js";

/** Throws for a text with half a character (`"😀".slice(0, 1)`): it cannot be stored, and reads as another one afterwards. */
export function checkText(field: string, text: unknown): void {
  if (typeof text === "string" && /\p{Surrogate}/u.test(text)) {
    throw new JobSpecError(field, "holds half of a character (a lone surrogate), which no store can keep");
  }
}

/** The texts by which stores find a job. */
export function checkTexts({ id, func, executor }: { id: string; func: unknown; executor: string }): void {
  checkText("id", id);
  checkText("func", func);
  checkText("executor", executor);
}
