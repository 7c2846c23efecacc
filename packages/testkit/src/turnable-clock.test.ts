import { describe, expect, test } from "@jest/globals";
import { turnableClock } from "./turnable-clock.js";

describe("turnableClock", () => {
  test("stands still until it is turned", () => {
    const { now, advance, set } = turnableClock(1_000);
    expect(now()).toBe(1_000);
    advance(500);
    expect(now()).toBe(1_500);
    set(200);
    expect(now()).toBe(200);
  });
});
