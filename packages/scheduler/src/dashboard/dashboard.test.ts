import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import express from "express";
import { type OpenDashboard, openDashboard } from "../../test/dashboard/open-dashboard.js";
import { type Visitor, visit } from "../../test/dashboard/visit.js";
import { installTable, removeTable } from "../crontab/crontab-table.js";
import { COMMAND_TASK } from "../crontab/run-command.js";
import type { Scheduler } from "../scheduler/scheduler.js";
import { MemoryJobStore } from "../stores/memory.js";
import { crontab, date, interval } from "../triggers/index.js";
import { keepScheduler, schedulerOf } from "./dashboard-scheduler.js";
import type { DashboardAction } from "./http/authorize.js";
import { segment } from "./paths.js";

const hourly = interval({ hours: 1 });

async function addTasks(scheduler: Scheduler): Promise<void> {
  scheduler.task("quick", () => ({ done: true }));
  scheduler.task("fails", () => {
    throw new Error("<img src=x onerror=alert(1)> broke");
  });
  scheduler.task(
    "waits",
    ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
}

const asJson = async (answer: Response | Promise<Response>) => (await (await answer).json()) as Record<string, unknown>;

describe("the dashboard", () => {
  let open: OpenDashboard;
  let scheduler: Scheduler;
  let visitor: Visitor;
  beforeAll(async () => {
    open = await openDashboard({}, { stores: { default: new MemoryJobStore(), fast: new MemoryJobStore() } });
    ({ scheduler } = open);
    await addTasks(scheduler);
    visitor = await visit(open);
  });
  afterAll(async () => open[Symbol.asyncDispose]());

  test.each([
    "/",
    "",
    "/executions",
    "/timeline",
    "/nodes",
    "/?q=x&state=paused&tag=t&store=fast",
    "/executions?state=error&from=2026-01-01T00:00&to=2026-02-01T00:00&job=x",
  ])("GET %j is a page under a strict policy", async (path) => {
    const answer = await visitor.get(path);
    const page = await answer.text();
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(answer.headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("referrer-policy")).toBe("same-origin");
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
  });

  test("the script, the stylesheet and the icon may be kept as long as their version stays", async () => {
    const page = await (await visitor.get("/")).text();
    for (const [, path] of page.matchAll(/(?:href|src)="(\/scheduler\/assets\/[^"]+)"/g)) {
      const answer = await fetch(open.origin + path!);
      expect([answer.status, answer.headers.get("cache-control")]).toEqual([
        200,
        "public, max-age=31536000, immutable",
      ]);
    }
    expect((await visitor.get("/assets/dashboard.js")).headers.get("cache-control")).toBe("no-cache");
    expect((await visitor.get("/assets/other.js")).status).toBe(404);
  });

  test("a crontab as it was written is no job, and not among them", async () => {
    const table = { user: "alice", text: "0 4 * * * true\n", system: false };
    scheduler.registerTask(COMMAND_TASK);
    scheduler.registerTask("crontab-table");
    await installTable(scheduler, table, {});
    const listed = async (query: string) => {
      const { jobs } = await asJson(visitor.get(`/api/jobs${query}`));
      return (jobs as { name: string }[]).map(({ name }) => name);
    };
    expect(await listed("?search=crontab")).toEqual(["true"]);
    expect(await listed("?search=crontab:alice")).toEqual(["true"]);
    expect(await listed("?tag=crontab-table")).toEqual([]);
    await removeTable(scheduler, "alice");
  });

  test("the API shows a job with all that is known of it", async () => {
    await scheduler.addJob({
      id: "known",
      name: "Known",
      func: "quick",
      trigger: crontab("0 3 * * *"),
      tags: ["t1"],
      args: [1],
    });
    await scheduler.runNow("known");
    await eventually(async () =>
      expect((await scheduler.executions({ jobId: "known", states: ["executed"] })).executions).toHaveLength(1),
    );
    const job = await asJson(visitor.get("/api/jobs/default/known"));
    expect(job).toMatchObject({
      id: "known",
      store: "default",
      func: "quick",
      args: [1],
      state: "scheduled",
      running: 0,
      maxInstances: 1,
      tags: ["t1"],
      trigger: { kind: "crontab", text: "crontab[0 3 * * *]" },
      durations: { runs: 1 },
      last: { state: "executed", result: { done: true }, jobId: "known" },
    });
    expect(job["nextRunAt"]).toMatch(/T0[12]:00:00\.000Z$/);
  });

  test("jobs are found by name, id, tag, state and store, and paged over all stores", async () => {
    for (let n = 0; n < 7; n++) {
      const store = n % 2 === 0 ? "default" : "fast";
      await scheduler.addJob({
        id: `page-${n}`,
        name: `Paged ${n}`,
        func: "quick",
        store,
        trigger: date({ runAt: Date.now() + 3_600_000 + n * 1_000 }),
        tags: ["paged"],
      });
    }
    await scheduler.pauseJob("page-6");
    const ids: unknown[] = [];
    let cursor: unknown;
    do {
      const page = await asJson(
        visitor.get(`/api/jobs?tag=paged&limit=3${cursor === undefined ? "" : `&cursor=${String(cursor)}`}`),
      );
      ids.push(...(page["jobs"] as { id: string }[]).map(({ id }) => id));
      cursor = page["cursor"];
    } while (cursor !== undefined);
    expect(ids).toEqual([0, 1, 2, 3, 4, 5, 6].map((n) => `page-${n}`));
    const found = async (query: string) =>
      ((await asJson(visitor.get(`/api/jobs?${query}`)))["jobs"] as { id: string }[]).map(({ id }) => id);
    expect(await found("q=paged+3")).toEqual(["page-3"]);
    expect(await found("q=page-5")).toEqual(["page-5"]);
    expect(await found("tag=paged&state=paused")).toEqual(["page-6"]);
    expect(await found("tag=paged&store=fast")).toEqual(["page-1", "page-3", "page-5"]);
    expect(await found("state=pending")).toEqual([]);
    expect(await found("state=overdue")).toEqual([]);
  });

  test("executions are filtered and paged, newest first, and new ones do not shift the pages", async () => {
    await scheduler.addJob({ id: "often", func: "quick", trigger: hourly });
    const run = async () => {
      const id = await scheduler.runNow("often");
      await eventually(async () => expect((await scheduler.execution(id))?.state).toBe("executed"));
      return id;
    };
    const ids = [await run(), await run(), await run(), await run()].reverse();
    const first = await asJson(visitor.get("/api/executions?job=often&limit=3&state=executed,error"));
    await run();
    const second = await asJson(
      visitor.get(`/api/executions?job=often&limit=3&state=executed,error&cursor=${String(first["cursor"])}`),
    );
    const idsOf = (page: Record<string, unknown>) => (page["executions"] as { id: string }[]).map(({ id }) => id);
    expect([...idsOf(first), ...idsOf(second)]).toEqual(ids);
    expect(second["cursor"]).toBeUndefined();
    expect(idsOf(await asJson(visitor.get("/api/executions?job=often&state=missed")))).toEqual([]);
    expect(idsOf(await asJson(visitor.get("/api/executions?job=often&to=2026-01-01T00:00")))).toEqual([]);
    const one = await asJson(visitor.get(`/api/executions/default/${ids[0]}`));
    expect(one).toMatchObject({ id: ids[0], state: "executed", attempt: 1, owner: scheduler.id });
    expect((await visitor.get(`/executions/default/${ids[0]}`)).status).toBe(200);
  });

  test("timeline, nodes and summary have their JSON", async () => {
    expect(await asJson(visitor.get("/api/timeline"))).toMatchObject({ completeFrom: null, unreadable: [] });
    expect(await asJson(visitor.get("/api/nodes"))).toMatchObject({
      nodes: [
        {
          id: scheduler.id,
          pid: process.pid,
          state: "running",
          stale: false,
          isThisOne: true,
          stores: ["default", "fast"],
        },
      ],
    });
    expect(await asJson(visitor.get("/api/summary"))).toMatchObject({
      scheduler: { id: scheduler.id, state: "running", timezone: "Europe/Berlin" },
      nodes: 1,
    });
  });

  test("a form pauses, resumes and runs, and comes back to the page it was on", async () => {
    await scheduler.addJob({ id: "form", func: "quick", trigger: hourly });
    const paused = await visitor.submit("/jobs/default/form/pause", { back: "/?q=form&notice=x" });
    expect([paused.status, paused.headers.get("location")]).toEqual([303, "/scheduler/?q=form&notice=paused"]);
    expect(await (await fetch(open.origin + paused.headers.get("location"))).text()).toContain("The job is paused.");
    expect((await scheduler.getJob("form"))?.paused).toBe(true);
    expect((await visitor.submit("/jobs/default/form/resume")).headers.get("location")).toBe(
      "/scheduler/?notice=resumed",
    );
    expect((await scheduler.getJob("form"))?.paused).toBe(false);
    await visitor.submit("/jobs/default/form/run");
    await eventually(async () =>
      expect((await scheduler.executions({ jobId: "form" })).executions[0]?.state).toBe("executed"),
    );
  });

  test.each([
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "/.//evil.example",
    "javascript:alert(1)",
    "",
  ])("back to %j is never back to another site", async (back) => {
    await scheduler.addJob({ id: "back", func: "quick", trigger: hourly, onConflict: "keep" });
    const { headers } = await visitor.submit("/jobs/default/back/pause", { back });
    expect(headers.get("location")).toMatch(/^\/scheduler\/(evil\.example)?\?notice=paused$/);
  });

  test("reschedule takes a crontab, an interval, a date or a trigger's JSON", async () => {
    await scheduler.addJob({ id: "moved", func: "quick", trigger: hourly });
    const moved = async () => String((await scheduler.getJob("moved"))!.trigger);
    expect((await visitor.submit("/jobs/default/moved/reschedule", { trigger: "*/5 * * * *" })).status).toBe(303);
    expect(await moved()).toBe("crontab[*/5 * * * *]");
    expect(await asJson(visitor.post("/api/jobs/default/moved/reschedule", { trigger: "every 90 s" }))).toMatchObject({
      job: { trigger: { text: "interval[0:01:30]" } },
    });
    await visitor.post("/api/jobs/default/moved/reschedule", { trigger: "2099-01-31 12:30" });
    expect(await moved()).toBe("date[2099-01-31 12:30:00 CET]");
    await visitor.post("/api/jobs/default/moved/reschedule", { trigger: { kind: "cron", hour: 3 } });
    expect(await moved()).toBe("cron[hour='3']");
  });

  test("reschedule names the field that is wrong, on the page beside what was typed", async () => {
    await scheduler.addJob({ id: "kept", func: "quick", trigger: hourly });
    const page = await visitor.submit("/jobs/default/kept/reschedule", { trigger: `61 * * * "<b>` });
    expect(page.status).toBe(400);
    const text = await page.text();
    expect(text).toContain('value="61 * * * &quot;&lt;b&gt;"');
    expect(text).toContain("minute: 61 is not between 0 and 59");
    expect(text).toContain('data-every="0"'); // nothing to fetch again: a GET of this path is a 404
    for (const body of [
      { trigger: "soon" },
      { trigger: { kind: "constructor" } },
      { trigger: 7 },
      {},
      { __proto__: { trigger: "@daily" } },
    ]) {
      const answer = await visitor.post("/api/jobs/default/kept/reschedule", body);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([
        400,
        "application/problem+json; charset=utf-8",
      ]);
      expect(await asJson(answer)).toMatchObject({ status: 400, field: "trigger" });
    }
    expect(
      (await visitor.post("/api/jobs/default/kept/reschedule", JSON.parse('{"__proto__":{"trigger":"@daily"}}')))
        .status,
    ).toBe(400);
    expect(String((await scheduler.getJob("kept"))!.trigger)).toBe("interval[1:00:00]");
  });

  test("a job is removed after one more question, and its executions stay", async () => {
    await scheduler.addJob({ id: "gone", func: "quick", trigger: hourly });
    const id = await scheduler.runNow("gone");
    const question = await (await visitor.get("/jobs/default/gone/remove")).text();
    expect(question).toMatch(/<form[^>]*method="post"[^>]*action="\/scheduler\/jobs\/default\/gone\/remove"/);
    expect(await scheduler.getJob("gone")).toBeDefined();
    expect((await visitor.submit("/jobs/default/gone/remove", { back: "/" })).headers.get("location")).toBe(
      "/scheduler/?notice=removed",
    );
    expect((await visitor.get("/jobs/default/gone")).status).toBe(404);
    expect((await visitor.get(`/api/executions/default/${id}`)).status).toBe(200);
    expect((await visitor.post("/api/jobs/default/gone/remove")).status).toBe(404);
  });

  test("a run that waits for the one before is shown as queued, and can be cancelled", async () => {
    await scheduler.addJob({ id: "held", func: "waits", overlap: "queue-one", trigger: hourly });
    const ran = await asJson(visitor.post("/api/jobs/default/held/run"));
    const { executionId: id } = await asJson(visitor.post("/api/jobs/default/held/run"));
    expect(await asJson(visitor.get("/api/jobs/default/held"))).toMatchObject({ overlap: "queue-one", running: 1 });
    expect(await asJson(visitor.get("/api/executions?state=queued"))).toMatchObject({
      executions: [{ id, state: "queued", startedAt: null }],
    });
    const page = await (await visitor.get("/jobs/default/held")).text();
    expect(page).toContain("the latest waits");
    expect(page).toContain("Queued");
    expect((await visitor.post(`/api/executions/default/${id}/cancel`)).status).toBe(202);
    expect((await scheduler.execution(String(id)))?.state).toBe("cancelled");
    await visitor.post(`/api/executions/default/${ran["executionId"]}/cancel`);
  });

  test("run now obeys maxInstances, and cancel ends the run that is in the way", async () => {
    await scheduler.addJob({ id: "long", func: "waits", trigger: hourly });
    const answer = await visitor.post("/api/jobs/default/long/run");
    expect(answer.status).toBe(202);
    const { executionId } = await asJson(answer);
    const refused = await visitor.post("/api/jobs/default/long/run");
    expect(refused.status).toBe(409);
    expect(await asJson(refused)).toMatchObject({
      code: "MaxInstancesError",
      detail: expect.stringContaining("maximum number of instances (1)"),
    });
    expect(await asJson(visitor.get("/api/jobs/default/long"))).toMatchObject({ running: 1 });
    expect((await visitor.post(`/api/executions/default/${executionId}/cancel`)).status).toBe(202);
    await eventually(async () => expect((await scheduler.execution(String(executionId)))?.state).toBe("cancelled"));
    const again = await visitor.post(`/api/executions/default/${executionId}/cancel`);
    expect([again.status, (await asJson(again))["code"]]).toEqual([409, "NotRunningError"]);
    expect((await visitor.post("/api/executions/default/never/cancel")).status).toBe(404);
  });

  test.each([
    "/api/jobs/default/nobody",
    "/api/jobs/nowhere/known",
    "/api/executions/default/x",
    "/api/nothing",
    "/jobs/nowhere/x",
  ])("GET %j is a 404", async (path) => {
    const answer = await visitor.get(path);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      404,
      "application/problem+json; charset=utf-8",
    ]);
  });

  test.each(["pause", "resume", "run", "remove", "reschedule"])(
    "POST %s for an unknown job is a 404",
    async (action) => {
      const answer = await visitor.post(`/api/jobs/default/nobody/${action}`, { trigger: "@daily" });
      expect([answer.status, (await asJson(answer))["code"]]).toEqual([404, "JobNotFoundError"]);
      expect((await visitor.post(`/api/jobs/nowhere/known/${action}`, { trigger: "@daily" })).status).toBe(404);
    },
  );

  test("an unknown page is a page for browsers", async () => {
    const answer = await visitor.get("/jobs/default/<script>", { accept: "text/html,*/*;q=0.8" });
    const page = await answer.text();
    expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
    expect(page).toContain("&lt;script&gt;");
    expect(page).not.toContain("<script>");
  });

  test.each([
    ["/api/jobs?limit=0", "limit"],
    ["/api/jobs?limit=1e1", "limit"],
    ["/api/jobs?limit=201", "limit"],
    ["/api/jobs?limit=1&limit=2", "limit"],
    ["/api/jobs?state=toString", "state"],
    ["/api/jobs?store=nowhere", "store"],
    ["/api/jobs?cursor=xx", "cursor"],
    [`/api/jobs?q=${"x".repeat(401)}`, "q"],
    ["/api/executions?state=done", "state"],
    ["/api/executions?from=yesterday", "from"],
    ["/api/timeline?store=nowhere", "store"],
  ])("GET %s names the field %s", async (path, field) => {
    const answer = await visitor.get(path);
    expect(answer.status).toBe(400);
    expect(await asJson(answer)).toMatchObject({ field, detail: expect.stringMatching(`^${field}: `) });
  });

  test("malformed percent-encoding is a 400, not a failure", async () => {
    expect((await visitor.get("/api/jobs/default/%E0%A4%A")).status).toBe(400);
  });

  describe("odd names", () => {
    const odd = [
      "a/b/../c",
      "..",
      ".",
      "~x",
      `"><script>alert('1')</script>`,
      "münchen 訂單 🗓",
      "50%",
      "a?b#c&d=e+f",
      "back\\slash",
      " ",
    ];
    beforeAll(async () => {
      for (const id of odd)
        await scheduler.addJob({ id, name: id, func: "fails", trigger: hourly, tags: [id], store: "fast" });
    });

    test.each(odd)("%j has its pages, its links and its actions, and no markup of its own", async (id) => {
      const path = `/jobs/fast/${segment(id)}`;
      expect((await asJson(visitor.get(`/api${path}`)))["id"]).toBe(id);
      const executionId = (await asJson(visitor.post(`/api${path}/run`)))["executionId"];
      await eventually(async () =>
        expect((await scheduler.execution(String(executionId), "fast"))?.state).toBe("error"),
      );
      for (const page of ["/", path, `${path}/remove`, "/executions", "/timeline", `/executions/fast/${executionId}`]) {
        const answer = await visitor.get(page);
        const text = await answer.text();
        expect(answer.status).toBe(200);
        expect(text).not.toMatch(/<script(?! src="\/scheduler\/assets)|<img/);
      }
      const links = [...(await (await visitor.get("/")).text()).matchAll(/href="([^"]*\/jobs\/fast\/[^"]*)"/g)].map(
        ([, href]) => href!.replaceAll("&#39;", "'"),
      );
      expect(links).toContain(`/scheduler${path}`);
      expect((await visitor.submit(`${path}/pause`, { back: path })).headers.get("location")).toBe(
        `/scheduler${path}?notice=paused`,
      );
      expect((await scheduler.getJob(id, "fast"))?.paused).toBe(true);
      expect((await visitor.post(`/api${path}/remove`)).status).toBe(204);
    });
  });

  test("a pause until a date has its note on the pages, and the next five runs behind it", async () => {
    await scheduler.addJob({ id: "noted", func: "quick", trigger: hourly });
    const path = "/jobs/default/noted";
    await visitor.submit(`${path}/pause`, { back: path, until: "2099-01-31 12:30", note: "<b>stocktaking</b>" });
    const page = await (await visitor.get(path)).text();
    expect(page).toContain("Paused until <time");
    expect(page).toContain("&lt;b&gt;stocktaking&lt;/b&gt;");
    expect(page.slice(page.indexOf("Next runs")).match(/<li><time datetime="2099-01-31/g)).toHaveLength(5);
    const wire = await asJson(await visitor.get(`/api${path}`));
    expect(wire).toMatchObject({
      state: "paused",
      pausedUntil: "2099-01-31T11:30:00.000Z",
      pauseNote: "<b>stocktaking</b>",
    });
    expect((await visitor.post(`/api${path}/pause`, { until: "2020-01-01" })).status).toBe(400);
    await visitor.submit(`${path}/resume`, { back: path });
    expect(await (await visitor.get(path)).text()).not.toContain("stocktaking");
    expect((await visitor.post(`/api${path}/remove`)).status).toBe(204);
  });

  describe("a POST that this dashboard's pages did not make", () => {
    beforeAll(async () => {
      await scheduler.addJob({ id: "safe", func: "quick", trigger: hourly });
    });
    afterAll(async () => expect((await scheduler.getJob("safe"))?.paused).toBe(false));

    const refusedFor = async (answer: Response) => [answer.status, (await asJson(answer))["code"]];
    const path = "/api/jobs/default/safe/pause";

    test("has no token", async () => {
      expect(await refusedFor(await visitor.post(path, undefined, { "x-csrf-token": "" }))).toEqual([403, "CSRF"]);
      expect(await refusedFor(await fetch(open.url + path, { method: "POST" }))).toEqual([403, "CSRF"]);
    });

    test("has the token of another cookie", async () => {
      const other = await visit(open);
      expect(await refusedFor(await visitor.post(path, undefined, { "x-csrf-token": other.token }))).toEqual([
        403,
        "CSRF",
      ]);
    });

    test("has the token but not the cookie", async () => {
      expect(await refusedFor(await visitor.post(path, undefined, { cookie: "" }))).toEqual([403, "CSRF"]);
    });

    test.each([
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "none" },
    ])("comes from elsewhere: %j", async (headers) => {
      expect(
        await refusedFor(await visitor.post(path, undefined, headers as unknown as Record<string, string>)),
      ).toEqual([403, "CSRF"]);
    });

    test("has its cookie out of reach of scripts and other sites", async () => {
      const { headers } = await fetch(`${open.url}/`);
      expect(headers.get("set-cookie")).toMatch(
        /^scheduler_csrf=[\w-]{22}; Path=\/scheduler; HttpOnly; SameSite=Strict$/,
      );
    });

    test("is let through from this origin", async () => {
      expect((await visitor.post(path, undefined, { origin: open.origin })).status).toBe(200);
      expect(
        (await visitor.post("/api/jobs/default/safe/resume", undefined, { "sec-fetch-site": "same-origin" })).status,
      ).toBe(200);
    });
  });

  describe("a body", () => {
    const path = "/api/jobs/default/known/reschedule";
    const post = async (body: string, type: string) => {
      const cookie = (await fetch(`${open.url}/api/csrf`)).headers.get("set-cookie")!.split(";")[0]!;
      const { token } = (await (await fetch(`${open.url}/api/csrf`, { headers: { cookie } })).json()) as {
        token: string;
      };
      return fetch(open.url + path, {
        method: "POST",
        headers: { cookie, "x-csrf-token": token, "content-type": type },
        body,
      });
    };

    test.each([
      ["is larger than 16 kB", JSON.stringify({ trigger: "x".repeat(17_000) }), "application/json", 413],
      ["is broken JSON", "{", "application/json", 400],
      ["is a bare value", "7", "application/json", 400],
      ["is of a kind it does not read", "trigger=@daily", "text/plain", 415],
      ["is in a charset it does not read", "{}", "application/json; charset=latin1", 415],
    ])("that %s is refused without a stack", async (_name, body, type, status) => {
      const answer = await post(body, type);
      const text = await answer.text();
      expect([answer.status, answer.headers.get("content-type")]).toEqual([
        status,
        "application/problem+json; charset=utf-8",
      ]);
      expect(text).not.toMatch(/\bat .*\.[jt]s/);
    });
  });
});

describe("authorize", () => {
  const asked: DashboardAction[] = [];
  const authorize = (req: express.Request, action: DashboardAction) => {
    asked.push(action);
    const user = req.get("x-user");
    if (user === undefined) return { challenge: 'Basic realm="jobs"' };
    if (user === "nobody") return false;
    return user === "admin" || ["view", "pause"].includes(action) ? { user } : false;
  };

  test("decides who may see, who may act, and which buttons there are", async () => {
    await using open = await openDashboard({ authorize });
    await addTasks(open.scheduler);
    await open.scheduler.addJob({ id: "a", func: "quick", trigger: hourly });
    const unknown = await fetch(`${open.url}/api/jobs`);
    expect([unknown.status, unknown.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="jobs"']);
    const page = await fetch(`${open.url}/`, { headers: { accept: "text/html" } });
    expect([page.status, page.headers.get("content-type")]).toEqual([401, "text/html; charset=utf-8"]);
    expect((await fetch(`${open.url}/events`, { headers: { "x-user": "nobody" } })).status).toBe(403);
    expect(
      (await fetch(`${open.url}/api/jobs/default/a/run`, { method: "POST", headers: { "x-user": "nobody" } })).status,
    ).toBe(403);

    const bob = await visit(open, { "x-user": "bob" });
    const text = await (await bob.get("/")).text();
    expect(text).toContain('data-action="pause"');
    expect(text).not.toContain('data-action="run"');
    expect((await bob.post("/api/jobs/default/a/pause")).status).toBe(200);
    const refused = await bob.post("/api/jobs/default/a/run");
    expect([refused.status, (await asJson(refused))["code"]]).toEqual([403, "PERMISSION_DENIED"]);
    expect(asked).toContain("run");

    const admin = await visit(open, { "x-user": "admin" });
    expect((await admin.post("/api/jobs/default/a/remove")).status).toBe(204);
  });

  test("binds the token to the user", async () => {
    await using open = await openDashboard({ authorize, csrfSecret: "the same in all processes" });
    await addTasks(open.scheduler);
    await open.scheduler.addJob({ id: "a", func: "quick", trigger: hourly });
    const bob = await visit(open, { "x-user": "bob" });
    expect((await bob.post("/api/jobs/default/a/pause", undefined, { "x-user": "admin" })).status).toBe(403);
  });

  test("that fails refuses everyone without details", async () => {
    const errors: unknown[] = [];
    await using open = await openDashboard({
      authorize: () => Promise.reject(new Error("the user database is away")),
      onError: (error) => errors.push(error),
    });
    const answer = await fetch(`${open.url}/api/jobs`);
    expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining("database")]);
    expect(errors).toHaveLength(1);
  });

  test("without it only this machine may, and not through a proxy or by another name", async () => {
    await using open = await openDashboard();
    expect((await fetch(`${open.url}/api/jobs`)).status).toBe(200);
    expect((await fetch(`${open.url}/api/jobs`, { headers: { "x-forwarded-for": "127.0.0.1" } })).status).toBe(403);
    const { request } = await import("node:http");
    const status = await new Promise((resolve) => {
      request(`${open.url}/api/jobs`, { headers: { host: "rebound.example" } }, (res) =>
        resolve(res.resume().statusCode),
      ).end();
    });
    expect(status).toBe(403);
  });

  test("readOnly shows everything and does nothing", async () => {
    await using open = await openDashboard({ readOnly: true });
    await addTasks(open.scheduler);
    await open.scheduler.addJob({ id: "a", func: "quick", trigger: hourly });
    const visitor = await visit(open);
    expect(await (await visitor.get("/jobs/default/a")).text()).not.toMatch(/<form[^>]*method="post"/);
    const refused = await visitor.post("/api/jobs/default/a/pause");
    expect([refused.status, (await asJson(refused))["code"]]).toEqual([403, "READ_ONLY"]);
  });
});

describe("where it is mounted", () => {
  test.each(["/", "/ops/jobs"])("links and forms stay below %j", async (mountedAt) => {
    await using open = await openDashboard({ title: "Ops & jobs" }, { mountedAt });
    await addTasks(open.scheduler);
    await open.scheduler.addJob({ id: "a", func: "quick", trigger: hourly });
    const page = await (await fetch(`${open.url}/`)).text();
    const base = mountedAt === "/" ? "" : mountedAt;
    for (const [, href] of page.matchAll(/(?:href|src|action)="(\/[^"]*)"/g))
      expect(href).toMatch(new RegExp(`^${base}/(?!/)`));
    expect(page).toContain("Ops &amp; jobs");
  });

  test("basePath is what browsers see behind a proxy that takes it away", async () => {
    await using open = await openDashboard({ basePath: "/admin/jobs/" }, { mountedAt: "/" });
    const answer = await fetch(`${open.url}/`);
    expect(await answer.text()).toContain('href="/admin/jobs/executions"');
    expect(answer.headers.get("set-cookie")).toContain("Path=/admin/jobs;");
  });

  test("views find the scheduler in app.locals", async () => {
    await using open = await openDashboard();
    const app = express();
    expect(() => schedulerOf({ app } as never)).toThrow(/keepScheduler/);
    keepScheduler(app, open.scheduler);
    expect(schedulerOf({ app } as never)).toBe(open.scheduler);
  });
});

test("a store that is down is named and does not hide the others", async () => {
  const down = new MemoryJobStore();
  await using open = await openDashboard({}, { stores: { default: new MemoryJobStore(), down } });
  await addTasks(open.scheduler);
  await open.scheduler.addJob({ id: "a", func: "quick", trigger: hourly });
  const fails = () => {
    throw new Error("connect ECONNREFUSED");
  };
  Object.assign(down, { list: fails, nodes: fails });
  down.executions.list = fails;
  expect(await asJson(fetch(`${open.url}/api/jobs`))).toMatchObject({
    jobs: [{ id: "a" }],
    unreadable: [{ store: "down", reason: "connect ECONNREFUSED" }],
  });
  for (const path of ["/", "/executions", "/timeline", "/nodes"]) {
    const answer = await fetch(open.url + path);
    expect([path, answer.status]).toEqual([path, 200]);
    expect(await answer.text()).toContain("Job store “down” cannot be read: connect ECONNREFUSED");
  }
});

test("a scheduler that has not been started shows its pending jobs", async () => {
  await using open = await openDashboard();
  await addTasks(open.scheduler);
  await open.scheduler.shutdown();
  await open.scheduler.addJob({ id: "a", func: "quick", trigger: hourly });
  expect(await asJson(fetch(`${open.url}/api/jobs`))).toMatchObject({ jobs: [{ id: "a", state: "pending" }] });
  for (const path of ["/", "/executions", "/timeline", "/nodes", "/jobs/default/a"])
    expect((await fetch(open.url + path)).status).toBe(200);
  const visitor = await visit(open);
  const refused = await visitor.post("/api/jobs/default/a/run");
  expect([refused.status, (await asJson(refused))["code"]]).toEqual([409, "SchedulerStateError"]);
});

test("a job whose task or executor no live scheduler has is marked", async () => {
  await using open = await openDashboard({}, { stores: { default: new MemoryJobStore({ shared: true }) } });
  await addTasks(open.scheduler);
  await open.scheduler.addJob({ id: "renamed", func: "<i>old</i>", trigger: hourly });
  await open.scheduler.addJob({ id: "elsewhere", func: "quick", executor: "gpu", trigger: hourly });
  await open.scheduler.addJob({ id: "well", func: "quick", trigger: hourly });
  const { jobs } = (await asJson(fetch(`${open.url}/api/jobs`))) as unknown as {
    jobs: { id: string; missing: object }[];
  };
  expect(Object.fromEntries(jobs.map(({ id, missing }) => [id, missing]))).toEqual({
    renamed: { missing: "task", name: "<i>old</i>" },
    elsewhere: { missing: "executor", name: "gpu" },
    well: null,
  });
  const list = await (await fetch(`${open.url}/`)).text();
  expect(list.match(/Orphan: no (task|executor)/g)).toHaveLength(2);
  expect(await (await fetch(`${open.url}/jobs/default/elsewhere`)).text()).toContain(
    'no executor <code dir="auto">gpu</code>',
  );
  expect(await (await fetch(`${open.url}/jobs/default/well`)).text()).not.toContain("Orphan");
});

test("a job that is unclaimed for a while is overdue, and is found as such", async () => {
  await using open = await openDashboard();
  await addTasks(open.scheduler);
  await open.scheduler.pause();
  await open.scheduler.addJob({ id: "late", func: "quick", trigger: hourly, nextRunTime: Date.now() - 60_000 });
  await open.scheduler.addJob({ id: "later", func: "quick", trigger: hourly });
  const found = await asJson(fetch(`${open.url}/api/jobs?state=overdue`));
  expect(found).toMatchObject({ jobs: [{ id: "late", state: "overdue" }], cut: false });
  expect(await (await fetch(`${open.url}/`)).text()).toContain('<span class="pill job-overdue">Overdue</span>');
});

test("people's text has its own direction, wherever a page shows it", async () => {
  const text = "דוח יומי!";
  await using open = await openDashboard();
  open.scheduler.task("breaks", () => {
    throw new Error(`${text} נכשל`);
  });
  await open.scheduler.addJob({ id: "rtl", name: text, func: "breaks", args: [text], tags: [text], trigger: hourly });
  open.scheduler.task(text, () => text);
  await open.scheduler.addJob({ id: text, func: text, executor: text, trigger: hourly });
  const id = await open.scheduler.runNow("rtl");
  await eventually(async () => expect((await open.scheduler.execution(id))?.state).toBe("error"));
  const paths = ["", "/executions", "/timeline", "/jobs/default/rtl", `/jobs/default/${segment(text)}`];
  for (const path of [...paths, "/jobs/default/rtl/remove", `/executions/default/${id}`, `/?q=${segment(text)}`]) {
    const page = await (await fetch(`${open.url}${path}`)).text();
    const around = [...page.matchAll(/<(\w+)([^>]*)>[^<>]*דוח[^<>]*/g)].filter(([, tag]) => tag !== "title");
    expect(around.length).toBeGreaterThan(0);
    for (const [shown, tag, attributes] of around)
      if (tag !== "bdi" && tag !== "text")
        expect([path, shown, attributes]).toContainEqual(expect.stringContaining('dir="auto"'));
    for (const [field] of page.matchAll(/<input [^>]*value="[^"]*דוח[^>]*>/g))
      if (!field.includes('type="hidden"')) expect(field).toContain('dir="auto"');
  }
});
