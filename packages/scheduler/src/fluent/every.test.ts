import { describe, expect, test } from "@jest/globals";
import { VirtualClock } from "../simulation/virtual-clock.js";
import { IntervalError, ScheduleError, ScheduleValueError } from "./errors.js";
import { ScheduleBook } from "./schedule-book.js";

const NOW = Date.UTC(2026, 0, 5, 10, 0, 0);
const book = () => new ScheduleBook({ clock: new VirtualClock(NOW), random: () => 0, timezone: "UTC" });
const every = (interval?: number) => book().every(interval);
const job = () => {};

describe("every", () => {
  test.each(["second", "minute", "hour", "day", "week"] as const)("every(2).%s asks for the plural", (unit) => {
    expect(() => every(2)[unit]).toThrow(new IntervalError(`Use ${unit}s instead of ${unit}`));
    expect(() => every()[unit].do(job)).not.toThrow();
  });

  test.each(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const)(
    "every(2).%s is refused",
    (day) => {
      expect(() => every(2)[day]).toThrow(IntervalError);
      expect(() => every(2)[day]).toThrow(`Scheduling .${day}() jobs is only allowed for weekly jobs.`);
    },
  );

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("every(%p) is refused", (interval) => {
    expect(() => every(interval)).toThrow(IntervalError);
  });

  test.each(["2:30:000001", "::2", ".2", "2", ":2", " 2:30:00", "59:59", "24:00", "25:00:00", "10:60", "10:30:60", ""])(
    "a daily job refuses at(%j)",
    (time) => {
      expect(() => every().day.at(time)).toThrow(ScheduleValueError);
      expect(() => every().monday.at(time)).toThrow(ScheduleValueError);
    },
  );

  test.each(["10:30:00", "60:00", ":60", "5:00", "10:6", ":1"])("an hourly job refuses at(%j)", (time) => {
    expect(() => every().hour.at(time)).toThrow("Invalid time format for an hourly job");
  });

  test.each(["10:30", "00:00:10", ":60", "10", ":5"])("a job every minute refuses at(%j)", (time) => {
    expect(() => every().minute.at(time)).toThrow("Invalid time format for a minutely job");
  });

  test("at needs a unit that has a time, and before it", () => {
    expect(() => every().second.at(":10")).toThrow(ScheduleValueError);
    expect(() => every().week.at("10:30")).toThrow(ScheduleValueError);
    expect(() => every().at("10:30")).toThrow("Invalid unit (valid units are `days`, `hours`, and `minutes`)");
    expect(() => every().day.at(1030 as never)).toThrow(TypeError);
  });

  test("a job without a unit, or with a weekday and another unit, is refused when it is done", () => {
    expect(() => every(5).do(job)).toThrow(ScheduleValueError);
    expect(() => every().monday.days.do(job)).toThrow("`unit` should be 'weeks'");
  });

  test("a range that ends before it begins is refused", () => {
    expect(() => every(5).to(3).seconds.do(job)).toThrow(ScheduleError);
    expect(() => every(5).to(5).seconds.do(job)).not.toThrow();
    expect(() => every(5).to(Number.NaN).seconds.do(job)).toThrow(ScheduleError);
  });

  test("an unknown zone is refused", () => {
    expect(() => every().day.at("10:30", "FakeZone")).toThrow('Unknown time zone "FakeZone"');
    expect(() => every().day.at("10:30", 43 as never)).toThrow(ScheduleValueError);
  });

  test("until takes a Date, local text, a time of today, or a length of time", () => {
    const untilOf = (until: Parameters<ReturnType<typeof every>["until"]>[0]) =>
      new Date(every().day.until(until).do(job).trigger.options.until!).toISOString();
    expect(untilOf(new Date(Date.UTC(3000, 0, 1, 20, 30)))).toBe("3000-01-01T20:30:00.000Z");
    expect(untilOf("3000-01-01 10:30:50")).toBe("3000-01-01T10:30:50.000Z");
    expect(untilOf("3000-01-01 10:30")).toBe("3000-01-01T10:30:00.000Z");
    expect(untilOf("3000-01-01")).toBe("3000-01-01T00:00:00.000Z");
    expect(untilOf("10:30:50")).toBe("2026-01-05T10:30:50.000Z");
    expect(untilOf("10:30")).toBe("2026-01-05T10:30:00.000Z");
    expect(untilOf({ days: 40, hours: 5, minutes: 12, seconds: 42 })).toBe("2026-02-14T15:12:42.000Z");
  });

  test("until refuses other types, other texts, and what has passed", () => {
    expect(() => every().day.until(123 as never)).toThrow(TypeError);
    for (const text of ["123", "01-01-3000", "25:00", "10:61"]) {
      expect(() => every().day.until(text)).toThrow("Invalid string format for until()");
    }
    expect(() => every().day.until("09:59")).toThrow("Cannot schedule a job to run until a time in the past");
    expect(() => every().day.until({ minutes: -1 })).toThrow(ScheduleValueError);
    expect(() => every().day.until(new Date(Number.NaN))).toThrow(ScheduleValueError);
  });
});
