import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { threadTimers } from "./thread-timers.js";

describe("timers in a thread", () => {
  test("fire once, in the order of their moments, and not before", async () => {
    await using timers = threadTimers();
    await new Promise<void>((up) => void timers.setTimer(0, up)); // what is overdue when the thread starts comes at once
    const startedAt = performance.now();
    const fired: [name: string, afterMs: number][] = [];
    await new Promise<void>((done) => {
      timers.setTimer(300, () => {
        fired.push(["late", performance.now() - startedAt]);
        done();
      });
      timers.setTimer(150, () => fired.push(["early", performance.now() - startedAt]));
      timers.setTimer(0, () => fired.push(["now", performance.now() - startedAt]));
    });
    await sleep(20);
    expect(fired.map(([name]) => name)).toEqual(["now", "early", "late"]);
    expect(fired[1]![1]).toBeGreaterThanOrEqual(148);
    expect(fired[2]![1]).toBeGreaterThanOrEqual(298);
  });

  test("one that is disposed never fires, also when its message is under way", async () => {
    await using timers = threadTimers();
    let fired = 0;
    const first = timers.setTimer(30, () => fired++);
    const second = timers.setTimer(30, () => fired++);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    const busyUntil = performance.now() + 150;
    while (performance.now() < busyUntil); // the thread has sent its message meanwhile
    second[Symbol.dispose]();
    await sleep(50);
    expect(fired).toBe(0);
  });

  test("a delay beyond 24 days does not fire at once", async () => {
    await using timers = threadTimers();
    let fired = 0;
    timers.setTimer(3_000_000_000, () => fired++);
    await sleep(100);
    expect(fired).toBe(0);
  });

  test("a scheduler runs on them, and the process ends by itself after its shutdown", async () => {
    const script = `
      import { interval, Scheduler, systemClock, threadTimers } from "@headline/scheduler";
      const scheduler = new Scheduler({ clock: systemClock({ timers: threadTimers() }) });
      let runs = 0;
      await scheduler.start();
      const ran = new Promise((done) => {
        void scheduler.addJob({ func: () => ++runs === 3 && done(), trigger: interval({ seconds: 0.1 }) });
      });
      await ran;
      await scheduler.shutdown();
      console.log("ended after", runs);`;
    const args = ["--conditions=headline-source", "--import", "tsx", "--input-type=module", "-e", script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname, timeout: 50_000 });
    expect(stdout).toBe("ended after 3\n");
  });
});
