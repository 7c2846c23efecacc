/** Outcome of a task that did not end within the grace after its signal was aborted; its later outcome is ignored. */
export class TaskIgnoredAbortError extends Error {
  override readonly name = "TaskIgnoredAbortError";
  constructor() {
    super("the task went on although its signal was aborted");
  }
}
