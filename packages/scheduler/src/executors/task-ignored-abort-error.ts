/** The signal was aborted and the task went on regardless; what it still does is nobody's news. */
export class TaskIgnoredAbortError extends Error {
  override readonly name = "TaskIgnoredAbortError";
  constructor() {
    super("the task went on although its signal was aborted");
  }
}
