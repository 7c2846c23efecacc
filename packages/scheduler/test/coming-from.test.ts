import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { CronExpressionParser } from "cron-parser";
import * as crontabs from "../src/crontab/index.js";
import * as executors from "../src/executors/index.js";
import * as core from "../src/index.js";
import { VirtualClock } from "../src/simulation/virtual-clock.js";
import * as stores from "../src/stores/index.js";
import * as postgres from "../src/stores/postgres.js";
import * as sqlite from "../src/stores/sqlite.js";
import { codesIn, compiled, rowsOf } from "./example-table.js";
import { fireTimes } from "./fire-times.js";
import { heard } from "./quiet.js";

const NOW = Date.parse("2026-01-05T00:01Z");
const page = readFileSync(new URL("../docs/coming-from.md", import.meta.url), "utf8");
const sections = page
  .split(/^## /m)
  .slice(1)
  .map((text) => [text.split("\n")[0]!, rowsOf(text)] as const);
const examples = sections.flatMap(([section, rows]) => rows.map((row) => ({ section, ...row })));
/** Libraries whose five or six fields mean what cron-parser reads. */
const CRON_PARSER =
  /^(croner|node-cron|cron|node-schedule|cron-parser|BullMQ repeat|agenda|Bree|pg-boss|graphile-worker|Temporal schedules)$/;

test("the tables are those that people look for", () => {
  expect(sections.map(([section]) => section)).toEqual([
    ...["APScheduler 3", "cron, django-crontab", "Cron syntax of other programs", "schedule"],
    ...["croner", "node-cron", "cron", "node-schedule"],
    ...["cron-parser", "BullMQ repeat", "agenda", "Bree", "pg-boss", "graphile-worker", "Temporal schedules", "Quartz"],
    "systemd timers",
  ]);
});

describe("each example runs and gives what its line says", () => {
  test.each(examples)("$section: $wrote", async ({ write, gives }) => {
    if (/^not here/.test(write)) return;
    const codes = codesIn(write).filter(
      (code) => !/^(--user user|"keep"|crontab\(\)|delay|out|start\(\)|run\(\))$/.test(code),
    );
    expect(codes).not.toEqual([]);
    await using world = await openWorld();
    for (const code of codes) {
      if (code.startsWith("sched ")) expect(await usage()).toContain(code.split(" ").slice(0, 2).join(" "));
      else {
        const value = await world.run(runnable(code));
        if (gives !== undefined) expect(textOf(value, gives.split(", ").length)).toBe(gives);
      }
    }
  });
});

const comparable = examples.filter(({ section, wrote, gives }) => {
  return CRON_PARSER.test(section) && expressionIn(wrote) !== undefined && gives !== undefined && !/start/.test(wrote);
});

describe("an expression of the other library has the same run times", () => {
  test.each(comparable)("$section: $wrote", ({ wrote, gives }) => {
    const expression = expressionIn(wrote)!.replace("#L", "L");
    const times = CronExpressionParser.parse(expression, { currentDate: new Date(NOW - 1), tz: "UTC" });
    const count = gives!.split(", ").length;
    expect(Array.from({ length: count }, () => timeText(times.next().getTime())).join(", ")).toBe(gives);
  });
});

/** A decorator is called, and a crontab line is a trigger as text. */
function runnable(code: string): string {
  return /^[\d*]/.test(code) ? `addJob({ func: f, trigger: ${JSON.stringify(code)} })` : code.replace(/^@/, "");
}

function expressionIn(wrote: string): string | undefined {
  return /(?:"|^`)((?:[\d*][\w*/,-]*|\*)(?: [\w*/,#-]+){4,5})(?:"| report)/.exec(wrote)?.[1]?.replace(/ report$/, "");
}

async function usage(): Promise<string> {
  const { HELP } = await import("../src/cli/help.js");
  return Object.values(HELP).join("\n").replaceAll("usage: ", "");
}

/** A scheduler with a job and tasks, and whatever the package exports, for one example. */
async function openWorld() {
  const clock = new VirtualClock(NOW);
  const options = { clock, timezone: "UTC", random: () => 0, logger: heard() };
  const scheduler = new core.Scheduler(options);
  const f = () => {};
  for (const name of ["report", "mail", "task", "app.job"]) scheduler.registerTask(name, f);
  await scheduler.start({ paused: true });
  const job = await scheduler.addJob({ id: "job", func: f, trigger: core.interval({ hours: 1 }) });
  const opened: core.Scheduler[] = [scheduler];
  const scope: Record<string, unknown> = {
    ...{ ...core, ...stores, ...sqlite, ...postgres, ...executors, ...crontabs },
    ...{ scheduler, job, f, clock, signal: AbortSignal.abort(), out: { write: () => true } },
    addJob: (spec: core.JobSpec) => scheduler.addJob(spec),
    Scheduler: class extends core.Scheduler {
      constructor(given: core.SchedulerOptions = {}) {
        super({ logger: heard(), ...given });
        opened.push(this);
      }
    },
  };
  return {
    async run(code: string): Promise<unknown> {
      if (code === "await scheduler.run()") await scheduler.shutdown();
      const done = compiled(Object.keys(scope), code)(...Object.values(scope));
      if (code === "await scheduler.run()") {
        while (scheduler.state === "stopped") await new Promise(setImmediate);
        void scheduler.shutdown();
      }
      return done;
    },
    async [Symbol.asyncDispose]() {
      core.clear();
      for (const each of opened) if (each.state !== "stopped") await each.shutdown({ wait: false });
    },
  };
}

/** The result as the third column writes it: the first run times of a job, a time, or a value. */
function textOf(value: unknown, count: number): string {
  if (typeof value === "number" && value > NOW) return timeText(value);
  if (!(value instanceof core.Job)) return Array.isArray(value) ? value.join(", ") : String(value);
  const first = value.nextRunTime!.getTime();
  if (count === 1) return timeText(first);
  const later = fireTimes(value.trigger, first + 1, count - 1);
  return [first, ...later].map(timeText).join(", ");
}

function timeText(at: number): string {
  const time = new Date(at);
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options }).format(time);
  const day = [part({ weekday: "short" }), time.getUTCDate(), part({ month: "short" })].join(" ");
  const year = time.getUTCFullYear() === 2026 ? "" : ` ${time.getUTCFullYear()}`;
  return `${day}${year} ${time.toISOString().slice(11, 19).replace(/:00$/, "")}`;
}
