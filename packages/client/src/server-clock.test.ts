import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { ServerClock } from "./server-clock.js";

const NOW = Date.parse("2026-11-30T12:00:00.500Z");
const HOUR_MS = 3_600_000;

describe("the gateway's clock", () => {
  beforeEach(() => void jest.useFakeTimers({ now: NOW }));
  afterEach(() => void jest.useRealTimers());

  test.each([
    ["fits, as far as can be seen", NOW - 100, undefined, NOW],
    ["was sent long before", NOW - 5_000, undefined, NOW],
    ["is an hour behind by server_time", NOW + HOUR_MS, undefined, NOW + HOUR_MS],
    ["is an hour ahead by server_time", NOW - HOUR_MS, undefined, NOW - HOUR_MS + 5_000],
    ["fits by Date", undefined, "Mon, 30 Nov 2026 12:00:00 GMT", NOW],
    ["is an hour behind by Date", undefined, "Mon, 30 Nov 2026 13:00:00 GMT", NOW + HOUR_MS - 500],
    ["is an hour ahead by Date", undefined, "Mon, 30 Nov 2026 11:00:00 GMT", NOW - HOUR_MS + 5_500],
    ["is unknown", undefined, null, NOW],
    ["is unreadable", undefined, "yesterday", NOW],
  ])("a device's clock that %s", (_, serverTime, date, expected) => {
    const clock = new ServerClock();
    clock.note(NOW - 5_000, serverTime, date ?? null);
    expect(clock.now()).toBe(expected);
  });

  test("a correction is kept by later answers that it fits, and replaced once the device's clock is set", () => {
    const clock = new ServerClock();
    clock.note(NOW, NOW + HOUR_MS, null);
    clock.note(NOW, undefined, "Mon, 30 Nov 2026 13:00:00 GMT");
    expect(clock.now()).toBe(NOW + HOUR_MS);
    jest.setSystemTime(NOW + HOUR_MS);
    clock.note(NOW + HOUR_MS, NOW + HOUR_MS, null);
    expect(clock.now()).toBe(NOW + HOUR_MS);
  });
});
