import { describe, expect, test } from "@jest/globals";
import { eventually } from "./eventually.js";

describe("eventually", () => {
  test("answers with what the check answers once it passes", async () => {
    let tries = 0;
    const third = () => {
      tries += 1;
      expect(tries).toBe(3);
      return "passed";
    };
    expect(await eventually(third, { everyMs: 1 })).toBe("passed");
  });

  test("throws the last failure when the time is over", async () => {
    let tries = 0;
    const never = async () => {
      tries += 1;
      throw new Error(tries === 1 ? "the first" : "a later one");
    };
    await expect(eventually(never, { withinMs: 20, everyMs: 5 })).rejects.toThrow("a later one");
  });
});
