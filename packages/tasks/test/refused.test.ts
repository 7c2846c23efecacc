import { describe, expect, test } from "@jest/globals";
import { heard } from "../../scheduler/test/quiet.js";
import { TaskApp } from "../src/index.js";

const newApp = () => new TaskApp({ broker: "redis://x", logger: heard() });

describe("an option that there is not", () => {
  test.each<[string, () => unknown]>([
    ["brokr: TaskApp has no such option; write broker", () => new TaskApp({ broker: "redis://x", brokr: 1 } as never)],
    ["acks_late", () => newApp().task("a", { acks_late: true } as object, () => {})],
    ["count_down", () => newApp().sendTask("a", { count_down: 5 } as object)],
  ])("%s", async (message, call) => {
    await expect((async () => call())()).rejects.toThrow(message);
  });
});

describe("a value that cannot be is refused by name", () => {
  test.each<[string, (value: unknown) => unknown]>([
    ['task "add": timeoutMs', (timeoutMs) => newApp().task("add", { timeoutMs } as object, () => {})],
    ["terminatePollMs", (terminatePollMs) => newApp().worker({ terminatePollMs } as object)],
    ["retries", (retries) => newApp().sendTask("add", { retries } as object)],
  ])("%s", async (field, call) => {
    for (const value of ["5", Number.NaN, -1, null])
      await expect((async () => call(value))()).rejects.toThrow(`${field}: must be a`);
  });

  test("seconds given as milliseconds", async () => {
    const app = newApp();
    const seconds = 1_768_521_600;
    await expect(app.sendTask("a", { eta: seconds })).rejects.toThrow("eta: 1768521600 are seconds");
    await expect(app.sendTask("a", { expires: Date.now() })).rejects.toThrow("expires: seconds from now");
  });

  test("a time zone", () => {
    expect(() => new TaskApp({ broker: "redis://127.0.0.1:1", timezone: "Asia/Beijing" })).toThrow(
      'timezone: unknown time zone "Asia/Beijing"',
    );
  });
});
