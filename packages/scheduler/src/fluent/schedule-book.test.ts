import { describe, expect, test } from "@jest/globals";
import { settled, VirtualClock } from "../simulation/virtual-clock.js";
import { CancelJob } from "./cancel-job.js";
import * as defaults from "./index.js";
import { ScheduleBook, type ScheduleBookOptions } from "./schedule-book.js";

const START = Date.UTC(2026, 0, 5, 10, 0, 0);

function opened(options: ScheduleBookOptions = {}) {
  const clock = new VirtualClock(START);
  const book = new ScheduleBook({ clock, random: () => 0, timezone: "UTC", ...options });
  const calls: string[] = [];
  const call = (name: string) => () => void calls.push(name);
  return { clock, book, calls, call };
}

describe("ScheduleBook", () => {
  test("runs what is due, by next run, and once for all the runs it missed", async () => {
    const { clock, book, calls, call } = opened();
    book.every(20).seconds.do(call("later"));
    book.every(10).seconds.do(call("sooner"));
    book.every(5).minutes.do(call("not due"));
    await book.runPending();
    expect(calls).toEqual([]);
    await clock.advance(120_000);
    await book.runPending();
    await book.runPending();
    expect(calls).toEqual(["sooner", "later"]);
  });

  test("the next run counts from the end of the one before", async () => {
    const { clock, book } = opened();
    const job = book.every(10).minutes.do(() => clock.jumpTo(clock.monotonic() + 60_000));
    clock.jumpTo(600_000);
    await book.runPending();
    expect(job.lastRun).toEqual(new Date(START + 660_000));
    expect(job.nextRun).toEqual(new Date(START + 1_260_000));
  });

  test("a job that answers CancelJob runs no more", async () => {
    const { clock, book } = opened();
    book.every().second.do(() => CancelJob);
    book.every().second.do(async () => CancelJob);
    clock.jumpTo(1_000);
    await book.runPending();
    expect(book.jobs).toHaveLength(0);
  });

  test("a job whose until comes before its next run is gone after this one", async () => {
    const { clock, book, calls, call } = opened();
    book.every(5).seconds.until({ seconds: 10 }).do(call("job"));
    clock.jumpTo(5_000);
    await book.runPending();
    expect([calls.length, book.jobs.length]).toEqual([1, 1]);
    clock.jumpTo(10_000);
    await book.runPending();
    expect([calls.length, book.jobs.length]).toEqual([2, 0]);
  });

  test("a job whose until has passed when its turn comes does not run", async () => {
    const { clock, book, calls, call } = opened();
    book.every(5).seconds.until({ seconds: 10 }).do(call("job"));
    clock.jumpTo(50_000);
    await book.runPending();
    expect([calls.length, book.jobs.length]).toEqual([0, 0]);
  });

  test("a job that throws harms no other, counts as run, and is thrown in the end", async () => {
    const { clock, book, calls, call } = opened();
    const failing = book.every().second.do(() => {
      throw new Error("no");
    });
    book.every().second.do(call("other"));
    clock.jumpTo(1_000);
    const thrown = await book.runPending().catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(AggregateError);
    expect((thrown as AggregateError).errors).toEqual([new Error("no")]);
    expect(calls).toEqual(["other"]);
    expect(failing.nextRun).toEqual(new Date(START + 2_000));
  });

  test("with onError a failure is reported there and not thrown", async () => {
    const errors: string[] = [];
    const { clock, book } = opened({ onError: (error, job) => void errors.push(`${error} ${job.fn.name}`) });
    book.every().second.do(async function broken() {
      throw new Error("no");
    });
    clock.jumpTo(1_000);
    await book.runPending();
    expect(errors).toEqual(["Error: no broken"]);
  });

  test("a job that still runs is not started by another call, and one cancelled meanwhile is not started at all", async () => {
    const { clock, book, calls, call } = opened();
    let release = () => {};
    book.every().second.do(
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
          calls.push("slow");
          victim.cancel();
        }),
    );
    const victim = book.every(2).seconds.do(call("victim"));
    clock.jumpTo(5_000);
    const first = book.runPending();
    await book.runPending();
    release();
    await first;
    expect(calls).toEqual(["slow"]);
  });

  test("runAll runs every job, due or not, with a pause between", async () => {
    const { clock, book, calls, call } = opened();
    book.every().day.do(call("a"));
    book.every().week.do(call("b"));
    const done = book.runAll({ delayMs: 500 });
    await settled();
    expect(calls).toEqual(["a"]);
    await clock.advance(500);
    await done;
    expect(calls).toEqual(["a", "b"]);
  });

  test("tags select jobs", () => {
    const { book, call } = opened();
    const first = book.every().day.tag("daily", "mail").do(call("a"));
    const second = book.every().hour.do(call("b")).tag("mail");
    book.every().minute.do(call("c"));
    expect(book.getJobs("mail")).toEqual([first, second]);
    expect(book.getNextRun("daily")).toEqual(first.nextRun);
    expect(book.getNextRun("nobody")).toBeNull();
    book.clear("mail");
    expect(book.getJobs()).toHaveLength(1);
    book.clear();
    expect([book.jobs.length, book.nextRun, book.idleSeconds]).toEqual([0, null, null]);
  });

  test("idleSeconds counts down to the next run and below", async () => {
    const { clock, book, call } = opened();
    book.every(10).seconds.do(call("a"));
    expect(book.idleSeconds).toBe(10);
    clock.jumpTo(12_500);
    expect(book.idleSeconds).toBe(-2.5);
  });

  test("a job says itself as Python's schedule does", async () => {
    const { clock, book } = opened();
    function job() {}
    const ranged = book.every(5).to(30).minutes.do(job, "text", 3);
    const daily = book.every().day.at("10:30").do(job);
    expect(String(ranged)).toBe(
      "Every 5 to 30 minutes do job('text', 3) (last run: [never], next run: 2026-01-05 10:05:00)",
    );
    expect(String(daily)).toBe("Every 1 day at 10:30:00 do job() (last run: [never], next run: 2026-01-05 10:30:00)");
    clock.jumpTo(60_000);
    await daily.run();
    expect(String(daily)).toContain("(last run: 2026-01-05 10:01:00, next run: 2026-01-05 10:30:00)");
  });

  test("repeat adds a job for a function and gives it back", async () => {
    const { clock, book } = opened();
    const greeted: string[] = [];
    const greet = book.repeat(book.every().minute, "alice")((name: string) => void greeted.push(name));
    clock.jumpTo(60_000);
    await book.runPending();
    greet("bob");
    expect(greeted).toEqual(["alice", "bob"]);
  });

  test("start runs what is due, notices new jobs, and ends with its signal", async () => {
    const { clock, book, calls, call } = opened();
    const end = new AbortController();
    const loop = book.start({ signal: end.signal });
    await clock.advance(5_000);
    book.every(2).seconds.do(call("tick"));
    await clock.advance(6_500);
    expect(calls).toEqual(["tick", "tick", "tick"]);
    end.abort();
    await loop;
    await clock.advance(10_000);
    expect(calls).toHaveLength(3);
  });

  test("the module has a book of its own", async () => {
    const ran: string[] = [];
    const job = defaults
      .every()
      .hour.tag("mine")
      .do(() => void ran.push("a"));
    defaults.repeat(defaults.every().day)(() => void ran.push("b"));
    expect(defaults.nextRun("mine")).toEqual(job.nextRun);
    expect(defaults.idleSeconds()).toBeGreaterThan(3_500);
    await defaults.runPending();
    await defaults.runAll();
    expect(ran).toEqual(["a", "b"]);
    defaults.cancelJob(job);
    expect(defaults.getJobs()).toHaveLength(1);
    defaults.clear();
    expect(defaults.getJobs()).toHaveLength(0);
  });
});
