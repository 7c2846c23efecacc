import { describe, expect, test } from "@jest/globals";
import { durationText } from "./duration-text.js";
import { formatLocal, isoLocal } from "./format.js";

describe("formatLocal", () => {
  test.each([
    ["2018-05-07T09:44:29Z", "MST", "2018-05-07 02:44:29 MST"],
    ["2026-01-05T00:01:38Z", "UTC", "2026-01-05 00:01:38 UTC"],
    ["2026-01-04T16:00:00Z", "Asia/Shanghai", "2026-01-05 00:00:00 CST"],
    ["2026-07-01T00:00:00Z", "Europe/Berlin", "2026-07-01 02:00:00 CEST"],
    ["2026-01-01T00:00:00Z", "Europe/London", "2026-01-01 00:00:00 GMT"],
    ["2026-07-01T00:00:00Z", "Europe/Dublin", "2026-07-01 01:00:00 IST"],
    ["2026-07-01T00:00:00Z", "America/New_York", "2026-06-30 20:00:00 EDT"],
    ["2026-01-01T00:00:00Z", "Australia/Sydney", "2026-01-01 11:00:00 AEDT"],
    ["2026-01-01T00:00:00Z", "Asia/Tokyo", "2026-01-01 09:00:00 JST"],
    ["2026-01-01T00:00:00Z", "Asia/Singapore", "2026-01-01 08:00:00 +08"],
    ["2026-01-01T00:00:00Z", "Asia/Kathmandu", "2026-01-01 05:45:00 +0545"],
    ["2026-07-01T00:00:00Z", "Africa/Casablanca", "2026-07-01 01:00:00 +01"],
    ["2026-01-01T00:00:00Z", "Etc/GMT+5", "2025-12-31 19:00:00 -05"],
  ])("%s in %s is %s", (instant, timezone, text) => {
    expect(formatLocal(Date.parse(instant), timezone)).toBe(text);
  });
});

test("isoLocal carries the offset", () => {
  expect(isoLocal(Date.parse("2026-01-04T16:00:00Z"), "Asia/Shanghai")).toBe("2026-01-05T00:00:00+08:00");
  expect(isoLocal(Date.parse("2026-01-01T00:00:00Z"), "America/St_Johns")).toBe("2025-12-31T20:30:00-03:30");
});

test.each([
  [3_000, "0:00:03"],
  [500, "0:00:00.500000"],
  [93_600_000, "1 day, 2:00:00"],
  [1_814_400_000, "21 days, 0:00:00"],
])("%i ms is %s, as Python prints a timedelta", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
