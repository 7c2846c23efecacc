import { describe, expect, test } from "@jest/globals";
import { date } from "./date.js";

describe("date", () => {
  test("runs once", () => {
    const once = date({ runAt: "2018-05-07 02:44:29", timezone: "MST" });
    const at = Date.parse("2018-05-07T09:44:29Z");
    expect(once.next(null, 0)).toBe(at);
    expect(once.next(at, at)).toBeNull();
    expect(String(once)).toBe("date[2018-05-07 02:44:29 MST]");
  });

  test("without a date it is now, or so long after, from when it is added", () => {
    expect(date().anchored(5).next(null, 5)).toBe(5);
    expect(
      date({ in: { minutes: 30 } })
        .anchored(5)
        .next(null, 5),
    ).toBe(1_800_005);
  });

  test("a text without an offset waits for its zone", () => {
    const midnight = date({ runAt: "2026-01-01" });
    expect(midnight.inZone("Asia/Shanghai").next(null, 0)).toBe(Date.parse("2025-12-31T16:00Z"));
  });

  test("text that is no date is an error that names the field", () => {
    expect(() => date({ runAt: "2020-01-01 10:00:00 UTC" })).toThrow(/^runAt: /);
  });
});
