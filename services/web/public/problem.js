import { element } from "./element.js";
import { text } from "./text.js";

/** What went wrong, in words, with the id to look it up by in the logs, and a way to try again. */
export function problemNote(problem, retry) {
  const note = element(
    "div",
    { className: "problem" },
    element("p", {}, text.problems[problem.code] ?? problem.message),
  );
  if (problem.requestId)
    note.append(element("p", { className: "request-id" }, `${text.requestId} ${problem.requestId}`));
  if (retry) note.append(element("button", { type: "button", className: "plain", onclick: retry }, text.retry));
  return note;
}
