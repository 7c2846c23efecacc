import { describe, expect, test } from "@jest/globals";
import type { ExecutionState } from "../../core/execution.js";
import type { DashboardScheduler } from "../dashboard-scheduler.js";
import { readTimeline } from "../reading/timeline.js";
import { timelineSvg, timelineText } from "./timeline-svg.js";

const NOW = Date.UTC(2026, 4, 5, 12);
const HOUR = 3_600_000;

interface Ran {
  readonly jobId: string;
  readonly at: number;
  readonly ms?: number | null;
  readonly state?: ExecutionState;
}

/** A scheduler whose one store has these executions. */
function having(ran: readonly Ran[]): DashboardScheduler {
  const executions = ran
    .map(({ jobId, at, ms = 1_000, state = "executed" }, index) => ({
      id: String(index),
      jobId,
      jobName: jobId,
      scheduledAt: at,
      submittedAt: at,
      startedAt: ms === null ? null : at,
      finishedAt: ms === null ? null : at + ms,
      durationMs: ms,
      state,
    }))
    .sort((a, b) => b.submittedAt - a.submittedAt);
  const stores = new Map([["default", { shared: false, now: () => NOW }]]);
  return {
    state: "running",
    clock: { now: () => NOW },
    stores,
    async executions({
      from = 0,
      to = Number.POSITIVE_INFINITY,
      states,
      jobId,
      limit = 100,
      cursor = "0",
    }: Parameters<DashboardScheduler["executions"]>[0] & object) {
      const all = executions.filter(
        (one) =>
          one.submittedAt >= from &&
          one.submittedAt < to &&
          (states?.includes(one.state) ?? true) &&
          (jobId ?? one.jobId) === one.jobId,
      );
      const end = Number(cursor) + limit;
      return { executions: all.slice(Number(cursor), end), ...(end < all.length ? { cursor: String(end) } : {}) };
    },
  } as unknown as DashboardScheduler;
}

async function draw(ran: readonly Ran[]) {
  const timeline = await readTimeline(having(ran), {});
  return { timeline, svg: timelineSvg(timeline, "Europe/Berlin").text, text: timelineText(timeline) };
}

const marks = (svg: string, state: string) => [
  ...svg.matchAll(new RegExp(`<rect class="${state}" x="([\\d.]+)%" y="([\\d.]+)" width="([\\d.]+)%"`, "g")),
];

describe("the timeline", () => {
  test("has a lane a job, busiest first, and a bar from start to finish", async () => {
    const { svg, timeline } = await draw([
      { jobId: "short", at: NOW - 12 * HOUR, ms: 1_000 },
      { jobId: "long", at: NOW - 6 * HOUR, ms: 3 * HOUR },
    ]);
    expect(timeline.lanes.map(({ jobId }) => jobId)).toEqual(["long", "short"]);
    const [long, short] = marks(svg, "executed");
    expect([long![1], long![3]]).toEqual(["75", "12.5"]);
    expect(short![1]).toBe("50");
    expect(Number(short![2])).toBeGreaterThan(Number(long![2]));
  });

  test("clips what began before the day and what still runs to the picture", async () => {
    const { svg } = await draw([{ jobId: "a", at: NOW - 30 * HOUR, ms: null, state: "running" }]);
    expect(svg).not.toMatch(/(x|width)="-/);
  });

  test("tells the worst in a crowded cell from what went well", async () => {
    const ran = Array.from({ length: 2_000 }, (_, n) => ({
      jobId: "busy",
      at: NOW - 23 * HOUR + n * 40_000,
      state: (n === 1_000 ? "error" : "executed") as ExecutionState,
    }));
    const { svg } = await draw(ran);
    expect(marks(svg, "error")).toHaveLength(1);
    expect(svg).toMatch(/Executed \d+, Error! 1<\/title>/);
  });

  test("10,000 executions of 40 jobs stay below 200 kB, and say what has no lane", async () => {
    const states: ExecutionState[] = ["executed", "error", "missed", "executed", "lost", "max_instances"];
    const ran = Array.from({ length: 10_000 }, (_, n) => ({
      jobId: `job ${"x".repeat(150)} ${n % 40}`,
      at: NOW - 23.9 * HOUR + n * 8_600,
      ms: (n % 9) * 4_000,
      state: states[n % 6]!,
    }));
    const { svg, timeline, text } = await draw(ran);
    expect(Buffer.byteLength(svg)).toBeLessThan(200_000);
    expect(timeline.lanes).toHaveLength(12);
    expect(timeline.others.jobs).toBe(28);
    expect(timeline.completeFromMs).toBeNull();
    expect(text).toMatch(/^10,000 executions of 40 jobs .* Without a lane: 28 jobs with 7,000 executions\.$/);
  });

  test("reads no more than the newest 10,000 and says since when it is complete", async () => {
    const { timeline, svg } = await draw(
      Array.from({ length: 15_000 }, (_, n) => ({ jobId: "a", at: NOW - 1_000 - n * 5_000 })),
    );
    expect(timeline.lanes[0]!.executions).toHaveLength(10_000);
    expect(timeline.completeFromMs).toBe(NOW - 1_000 - 9_999 * 5_000);
    expect(svg).toContain('class="unknown"');
  });

  test("is an image with a title, a text, tooltips and every third hour of the local day", async () => {
    const { svg } = await draw([{ jobId: `<script>alert("1")</script>`, at: NOW - HOUR }]);
    expect(svg).toMatch(/role="img" aria-labelledby="timeline-title timeline-text"/);
    expect(svg).toContain("<title>13:00:00 Executed, 1.00 s</title>");
    expect([...svg.matchAll(/<text class="hour"[^>]*>([^<]*)/g)].map(([, hour]) => hour)).toEqual([
      "15:00",
      "18:00",
      "21:00",
      "00:00",
      "03:00",
      "06:00",
      "09:00",
      "12:00",
    ]);
    expect(svg).not.toContain("<script>");
  });

  test("says so when nothing ran", async () => {
    const { text } = await draw([]);
    expect(text).toBe("Nothing ran in the last 24 hours.");
  });
});
