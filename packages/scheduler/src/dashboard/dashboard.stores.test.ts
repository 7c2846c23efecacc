import { eventually, noPostgres } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { openDashboard } from "../../test/dashboard/open-dashboard.js";
import { visit } from "../../test/dashboard/visit.js";
import { openStore, throwawayStore } from "../../tools/chaos/open-store.js";
import { Scheduler } from "../scheduler/scheduler.js";
import { interval } from "../triggers/index.js";
import { segment } from "./paths.js";

const logger = { debug() {}, info() {}, warn() {}, error() {} };

/** PostgreSQL where it is installed. */
const KINDS = ["mysql", "sqlite", ...(noPostgres === undefined ? (["postgres"] as const) : [])] as const;

test.each(KINDS)("over %s: two processes, all pages, odd ids, actions on what the other one runs", async (kind) => {
  await using server = await throwawayStore(kind);
  const store = await openStore(server.url, "default");
  await using open = await openDashboard({}, { stores: { default: store } });
  await using other = new Scheduler({ stores: { default: await openStore(server.url, "default") }, logger });
  other.task("quick", () => ({ rows: 3 }));
  other.task(
    "waits",
    ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  await other.start();
  const visitor = await visit(open);
  const read = async (path: string) => (await (await visitor.get(`/api${path}`)).json()) as Record<string, never[]>;

  const id = `訂單/"<script>🗓`;
  for (let n = 0; n < 120; n++)
    await other.addJob({ id: `bulk-${n}`, func: "quick", trigger: interval({ hours: 2 }), tags: ["bulk"] });
  await other.addJob({ id, func: "quick", trigger: interval({ hours: 1 }), tags: ["odd"] });
  await other.addJob({ id: "long", func: "waits", trigger: interval({ hours: 1 }) });

  const { executionId } = (await (await visitor.post(`/api/jobs/default/${segment(id)}/run`)).json()) as {
    executionId: string;
  };
  await eventually(async () =>
    expect(await read(`/executions/default/${executionId}`)).toMatchObject({
      state: "executed",
      owner: other.id,
      result: { rows: 3 },
    }),
  );
  expect(await read(`/jobs/default/${segment(id)}`)).toMatchObject({
    id,
    durations: { runs: 1 },
    last: { state: "executed" },
  });

  const long = ((await (await visitor.post("/api/jobs/default/long/run")).json()) as { executionId: string })
    .executionId;
  await eventually(async () => expect(await read(`/executions/default/${long}`)).toMatchObject({ state: "running" }));
  expect((await visitor.post(`/api/executions/default/${long}/cancel`)).status).toBe(202);
  await eventually(async () => expect(await read(`/executions/default/${long}`)).toMatchObject({ state: "cancelled" }));

  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(`/jobs?tag=bulk&limit=50${cursor === undefined ? "" : `&cursor=${cursor}`}`);
    seen.push(...page["jobs"]!.map(({ id }) => id));
    cursor = page["cursor"] as string | undefined;
  } while (cursor !== undefined);
  expect([seen.length, new Set(seen).size]).toEqual([120, 120]);
  expect((await read("/jobs?q=bulk-77"))["jobs"]).toMatchObject([{ id: "bulk-77" }]);

  expect((await read("/nodes"))["nodes"]).toHaveLength(2);
  expect(await read("/timeline")).toMatchObject({ jobs: 2, unreadable: [] });
  for (const path of ["/", "/executions", "/timeline", "/nodes", `/jobs/default/${segment(id)}`]) {
    const page = await (await visitor.get(path)).text();
    expect(page).not.toContain("cannot be read");
  }
});
