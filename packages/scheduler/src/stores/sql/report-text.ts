import type { Report } from "../../core/job-store.js";
import { resultText } from "../result-text.js";

/** Longest message and stack of an error, as execution.ts promises. */
const ERROR_MAX = 2_000;
const STACK_MAX = 8_000;

/** Report with its texts as columns hold them. */
export type TextReport = Omit<Report, "result"> & { readonly result: string | null };

/** Returns the report with its result as JSON text, and its error and stack cut to their lengths. */
export function asText(report: Report): TextReport {
  return { ...report, ...outcomeTexts(report.executionId, report) };
}

/** Returns an outcome as columns hold it. */
export function outcomeTexts(
  executionId: string,
  { result, error, stack }: Pick<Report, "result" | "error" | "stack">,
) {
  return {
    result: result === null ? null : resultText(executionId, result),
    error: cutText(error, ERROR_MAX),
    stack: cutText(stack, STACK_MAX),
  };
}

/** Returns the bytes of a report's texts. */
export function sizeOf({ result, error, stack }: TextReport): number {
  return Buffer.byteLength([result, error, stack].join(""));
}

/** Half of a character that the cut (or the task) left is no text for a database, nor is NUL: each becomes U+FFFD. */
function cutText(text: string | null, max: number): string | null {
  return text === null ? null : Buffer.from(text.slice(0, max).replaceAll("\u0000", "\ufffd")).toString();
}
