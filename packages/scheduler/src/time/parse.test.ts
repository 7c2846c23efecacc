import { describe, expect, test } from "@jest/globals";
import { type DateInput, parseInstant } from "./parse.js";

const read = (input: DateInput, timezone = "UTC") => new Date(parseInstant(input, timezone, "startDate")).toISOString();

describe("parseInstant", () => {
  test.each([
    ["2026-01-31", "2026-01-31T00:00:00.000Z"],
    ["2026-1-5", "2026-01-05T00:00:00.000Z"],
    ["2026-01-31 12:30:45", "2026-01-31T12:30:45.000Z"],
    ["2026-01-31 1:2:3", "2026-01-31T01:02:03.000Z"],
    ["2026-01-31T12:30", "2026-01-31T12:30:00.000Z"],
    ["2026-01-31 12:30:45.5", "2026-01-31T12:30:45.500Z"],
    ["2026-01-31 12:30:45.123456", "2026-01-31T12:30:45.123Z"],
    ["2026-01-31T12:30:45Z", "2026-01-31T12:30:45.000Z"],
    ["2026-01-31T12:30:45+08:00", "2026-01-31T04:30:45.000Z"],
    ["2026-01-31 12:30:45-03:30", "2026-01-31T16:00:45.000Z"],
  ])("reads %s", (text, instant) => {
    expect(read(text)).toBe(instant);
  });

  test("text without an offset is local: the later instant in a gap, the earlier one in a fold", () => {
    expect(read("2026-03-08 02:30:00", "America/New_York")).toBe("2026-03-08T07:30:00.000Z");
    expect(read("2026-11-01 01:30:00", "America/New_York")).toBe("2026-11-01T05:30:00.000Z");
    expect(read("2026-11-01 01:30:00-05:00", "America/New_York")).toBe("2026-11-01T06:30:00.000Z");
  });

  test("takes dates, epoch milliseconds and what Temporal gives", () => {
    expect(read(new Date(5))).toBe("1970-01-01T00:00:00.005Z");
    expect(read(7)).toBe("1970-01-01T00:00:00.007Z");
    expect(read({ epochMilliseconds: 9 })).toBe("1970-01-01T00:00:00.009Z");
  });

  test("finer than a millisecond is rounded as asked", () => {
    expect(parseInstant("1970-01-01 00:00:00.000001", "UTC", "startDate", "up")).toBe(1);
    expect(parseInstant("1970-01-01 00:00:00.000001", "UTC", "startDate", "down")).toBe(0);
  });

  test.each([
    "2026-02-29",
    "2026-13-01",
    "2026-00-01",
    "0000-01-01",
    "2026-01-01 25:00:00",
    "2026-01-01 10:61:00",
    "2026-01-01 10:00:60",
    "2026-01-01 10:00:00 UTC",
    "2026-01-01 10:00:00 +08:00",
    "2026-01-01 10:00:00+24:00",
    "2026-01-01Z",
    "01/02/2026",
    "tomorrow",
    "",
  ])("%j is an error that names the field", (text) => {
    expect(() => read(text)).toThrow(/^startDate: /);
  });

  test.each([new Date(Number.NaN), Number.NaN, Number.POSITIVE_INFINITY, null, undefined, {}])(
    "%p is no date",
    (input) => {
      expect(() => read(input as DateInput)).toThrow(/^startDate: not a date/);
    },
  );
});
