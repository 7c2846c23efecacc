import type { Problem } from "@headline/client";
import { words } from "../language/language.js";

const MINUTE_SECONDS = 60;

/** Error message in the reader's language. */
export function problemText({ code, message, errors, retryAfterSeconds = 0 }: Problem): string {
  if (code === "RESOURCE_EXHAUSTED" && retryAfterSeconds > MINUTE_SECONDS)
    return words.value.tooManyTries(Math.ceil(retryAfterSeconds / MINUTE_SECONDS));
  const text = words.value.problems[code];
  if (text !== undefined) return text;
  return errors.map(({ field, detail }) => `${field} ${detail}`).join("; ") || message;
}

/** Error message with its request id and a retry button. */
export function ProblemNote({ problem, retry }: { problem: Problem; retry?: (() => void) | undefined }) {
  return (
    <div class="problem" role="alert">
      <p>{problemText(problem)}</p>
      {problem.requestId !== undefined && (
        <p class="request-id">
          {words.value.requestId} {problem.requestId}
        </p>
      )}
      {retry && (
        <button type="button" class="outlined" onClick={retry}>
          {words.value.retry}
        </button>
      )}
    </div>
  );
}
