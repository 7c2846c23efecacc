import type { TaskApp } from "../src/index.js";

/** Calls that the compiler accepts and refuses; compiled, and never run. */
export function calls(app: TaskApp) {
  const add = app.task("add", (a: number, b: number) => a + b);
  const mail = app.task("mail", (to: string, options?: { copy: boolean }) => `${to} ${options?.copy}`);
  const now = app.task("now", () => 1);
  const anything = app.task("any", (...all: unknown[]) => all);
  void [add.applyAsync({ args: [1, 2], countdown: 1 }), now.applyAsync(), now.applyAsync({ countdown: 1 })];
  void [mail.applyAsync({ args: ["a"] }), mail.applyAsync({ args: ["a"], kwargs: { copy: true } })];
  void [anything.applyAsync(), anything.applyAsync({ args: [1, "a"], kwargs: { a: 1 } })];
  // @ts-expect-error: a text instead of a number
  void add.applyAsync({ args: [1, "2"] });
  // @ts-expect-error: too few
  void add.applyAsync({ args: [1] });
  // @ts-expect-error: none
  void add.applyAsync();
  // @ts-expect-error: the last parameter is a number
  void add.applyAsync({ args: [1], kwargs: { b: 2 } });
  // @ts-expect-error: another object than the task takes
  void mail.applyAsync({ args: ["a"], kwargs: { copi: true } });
  // @ts-expect-error: the object once more
  void mail.applyAsync({ args: ["a", { copy: true }], kwargs: { copy: true } });
}
