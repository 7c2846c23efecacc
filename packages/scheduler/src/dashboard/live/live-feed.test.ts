import { eventually } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { openDashboard } from "../../../test/dashboard/open-dashboard.js";
import { Scheduler } from "../../scheduler/scheduler.js";
import { MemoryJobStore } from "../../stores/memory.js";
import { interval } from "../../triggers/index.js";

/** Text of a stream so far, and its end. */
async function watch(url: string, headers: Record<string, string> = {}) {
  const abort = new AbortController();
  const answer = await fetch(`${url}/events`, { headers, signal: abort.signal });
  let text = "";
  const ended = (async () => {
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) text += chunk;
  })().catch(() => {});
  const events = () =>
    [...text.matchAll(/^event: (.*)\ndata: (.*)\n\n/gm)].map(([, kind, data]) => ({
      kind,
      ...(JSON.parse(data!) as object),
    }));
  return { answer, events, text: () => text, ended, leave: () => abort.abort() };
}

describe("the live feed", () => {
  test("tells of jobs and executions of this process as they come", async () => {
    await using open = await openDashboard();
    open.scheduler.task("quick", () => "secret");
    await using stream = disposable(await watch(open.url));
    expect(stream.answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    await open.scheduler.addJob({ id: "a\nb", func: "quick", trigger: interval({ hours: 1 }) });
    const executionId = await open.scheduler.runNow("a\nb");
    await eventually(() =>
      expect(stream.events()).toContainEqual(
        expect.objectContaining({ kind: "execution", name: "job:executed", jobId: "a\nb", executionId }),
      ),
    );
    expect(stream.events()[0]).toMatchObject({ kind: "job", name: "job:added", jobId: "a\nb", store: "default" });
    expect(stream.text()).not.toContain("secret");
  });

  test("tells when another process has changed a shared store", async () => {
    const store = new MemoryJobStore({ shared: true });
    await using open = await openDashboard({}, { stores: { default: store } });
    const other = new Scheduler({
      stores: { default: store },
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
    await other.start();
    other.task("quick", () => 1);
    await using stream = disposable(await watch(open.url));
    await new Promise((resolve) => setTimeout(resolve, 2_300));
    await other.addJob({ id: "a", func: "quick", trigger: interval({ hours: 1 }) });
    await eventually(() => expect(stream.events()).toContainEqual({ kind: "store", store: "default" }));
    await other.shutdown();
  });

  test("sends no more than a bounded batch of a storm of events", async () => {
    await using open = await openDashboard();
    open.scheduler.task("quick", () => 1);
    await using stream = disposable(await watch(open.url));
    for (let n = 0; n < 500; n++)
      await open.scheduler.addJob({ id: `${n}`, func: "quick", trigger: interval({ hours: 1 }) });
    await eventually(() => expect(stream.events().some(({ kind }) => kind === "more")).toBe(true));
    expect(stream.events().length).toBeLessThan(500);
  });

  test("listens only while a stream is open, and refuses one stream too many", async () => {
    await using open = await openDashboard({ maxStreams: 2 });
    for (let n = 0; n < 3; n++) expect((await fetch(`${open.url}/events`, { method: "HEAD" })).status).toBe(200);
    const [first, second] = [await watch(open.url), await watch(open.url)];
    const third = await fetch(`${open.url}/events`);
    expect([third.status, third.headers.get("retry-after")]).toEqual([503, "10"]);
    first.leave();
    await eventually(async () => {
      const again = await watch(open.url);
      again.leave();
      expect(again.answer.status).toBe(200);
    });
    second.leave();
  });

  test.each(["close", "signal", "scheduler"] as const)(
    "ends with the %s, so that the server can close",
    async (how) => {
      const abort = new AbortController();
      await using open = await openDashboard({ signal: abort.signal });
      const stream = await watch(open.url);
      if (how === "close") open.router.close();
      else if (how === "signal") abort.abort();
      else await open.scheduler.shutdown();
      await stream.ended;
      expect(stream.events()).toContainEqual({ kind: "end" });
      if (how !== "scheduler") expect((await fetch(`${open.url}/events`)).status).toBe(503);
    },
  );
});

function disposable<S extends { leave(): void; ended: Promise<void> }>(stream: S): S & AsyncDisposable {
  return {
    ...stream,
    async [Symbol.asyncDispose]() {
      stream.leave();
      await stream.ended;
    },
  };
}
