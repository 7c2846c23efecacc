import { describe, expect, jest, test } from "@jest/globals";
import { abortable, backoff, DeadlineExceeded, deadline, jitter, pause, poll, until } from "./index.js";

const never = () => new Promise<never>(() => undefined);

describe("a deadline", () => {
  test("settles as the work does when that is in time", async () => {
    expect(await deadline(Promise.resolve("done"), 60_000)).toBe("done");
    expect(await deadline(() => "done", 60_000)).toBe("done");
    await expect(deadline(Promise.reject(new Error("broken")), 60_000)).rejects.toThrow("broken");
    const throws = () => {
      throw new Error("at once");
    };
    await expect(deadline(throws, 60_000)).rejects.toThrow("at once");
  });

  test("rejects with its own error, or the caller's, when the work is late", async () => {
    await expect(deadline(never(), 1)).rejects.toThrow(DeadlineExceeded);
    await expect(deadline(never(), 1, () => new TypeError("too late"))).rejects.toThrow("too late");
  });

  test("aborts the signal with that error, and drops what the work still does", async () => {
    let given: AbortSignal | undefined;
    const failing = deadline(async (signal) => {
      given = signal;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      throw new Error("a late failure that nobody handles would end this process");
    }, 1);
    const error = await failing.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeadlineExceeded);
    expect(given?.reason).toBe(error);
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe("work that can be aborted", () => {
  test("settles as it does, or rejects with the signal's reason, before it or in it", async () => {
    const stopped = new AbortController();
    expect(await abortable(Promise.resolve("done"), stopped.signal)).toBe("done");
    await expect(abortable(Promise.reject(new Error("broken")), stopped.signal)).rejects.toThrow("broken");
    const running = abortable(never(), stopped.signal);
    stopped.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("stopped");
    await expect(abortable(never(), stopped.signal)).rejects.toThrow("stopped");
  });
});

describe("a backoff", () => {
  test("doubles up to its maximum, and is random by half", () => {
    const limits = { minMs: 100, maxMs: 1_000 };
    const pauses = (random: () => number) => [0, 1, 2, 3, 4, 2_000].map((attempt) => backoff(attempt, limits, random));
    expect(pauses(() => 1)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(pauses(() => 0)).toEqual([50, 100, 200, 400, 500, 500]);
  });

  test("has a jitter of up to the spread in both directions", () => {
    expect([0, 0.5, 1].map((random) => jitter(1_000, 0.25, () => random))).toEqual([750, 1_000, 1_250]);
  });
});

describe("a pause", () => {
  test("ends when its signal aborts, before it or in it", async () => {
    await pause(60_000, AbortSignal.abort());
    const stopped = new AbortController();
    const pausing = pause(60_000, stopped.signal);
    stopped.abort();
    await pausing;
  });
});

describe("until", () => {
  test("checks until the condition holds", async () => {
    let checks = 0;
    expect(await until(async () => ++checks === 3, { withinMs: 60_000, everyMs: 1 })).toBe(true);
    expect(checks).toBe(3);
  });

  test("gives up in the end, and when its signal aborts in a pause", async () => {
    expect(await until(() => false, { withinMs: 5, everyMs: 1 })).toBe(false);
    const stopped = new AbortController();
    const waiting = until(() => false, { withinMs: 60_000, everyMs: 60_000, signal: stopped.signal });
    stopped.abort();
    expect(await waiting).toBe(false);
  });
});

describe("polling", () => {
  test("runs again and again, hands failures on, and ends with the signal after the run under way", async () => {
    const stopped = new AbortController();
    const onError = jest.fn();
    let [runs, ended] = [0, 0];
    await poll(
      async () => {
        runs += 1;
        if (runs === 2) throw new Error("once");
        if (runs === 4) stopped.abort();
        await new Promise((resolve) => setImmediate(resolve));
        ended += 1;
      },
      { everyMs: 1, signal: stopped.signal, onError, immediately: true },
    );
    expect({ runs, ended }).toEqual({ runs: 4, ended: 3 });
    expect(onError.mock.calls).toEqual([[new Error("once")]]);
  });

  test("ends in a pause without another run, and is silent about a run that the signal broke", async () => {
    const stopped = new AbortController();
    const work = jest.fn();
    const polling = poll(work, { everyMs: 60_000, signal: stopped.signal, onError: () => undefined });
    stopped.abort();
    await polling;
    expect(work).not.toHaveBeenCalled();

    const broken = new AbortController();
    const onError = jest.fn();
    const failing = () => {
      broken.abort();
      throw new Error("aborted");
    };
    await poll(failing, { everyMs: 1, signal: broken.signal, onError, immediately: true });
    expect(onError).not.toHaveBeenCalled();
  });
});
