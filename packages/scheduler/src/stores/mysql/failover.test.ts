import { eventually, openProxy, type PrivateMysql, privateMysql } from "@headline/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import mysql2 from "mysql2/promise";
import { claiming, FAR, job, reportOf, request } from "../conformance/kit.js";
import { MySQLJobStore } from "../mysql.js";

/** Two servers of which one address is meant; who connects there may not write to a read-only one. */
let servers: readonly [old: PrivateMysql, next: PrivateMysql];
let proxy: Awaited<ReturnType<typeof openProxy>>;
let opened = 0;

beforeAll(async () => {
  servers = await Promise.all([privateMysql({ tcp: true }), privateMysql({ tcp: true })]);
  for (const server of servers) {
    await asRoot(server, ["CREATE USER app@'%' IDENTIFIED BY 'secret'", "GRANT ALL ON headline.* TO app@'%'"]);
    const store = new MySQLJobStore({ url: server.url });
    await store.migrate();
    await store.close();
  }
  proxy = await openProxy({ target: servers[0].target });
});
beforeEach(async () => {
  await asRoot(servers[0], ["SET GLOBAL read_only = 0"]);
  proxy.moveTo(servers[0].target);
});
afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await Promise.all(servers?.map((server) => server.stop()) ?? []);
});

async function asRoot(server: PrivateMysql, statements: readonly string[]): Promise<void> {
  const connection = await mysql2.createConnection(server.url);
  for (const statement of statements) await connection.query(statement);
  await connection.end();
}

/** A store behind the address, and one beside each server. */
function openStores() {
  const namespace = `failover${opened++}`;
  const url = `mysql://app:secret@127.0.0.1:${proxy.port}/headline`;
  const store = new MySQLJobStore({ url, namespace });
  const [old, next] = servers.map((server) => new MySQLJobStore({ url: server.url, namespace })) as [
    MySQLJobStore,
    MySQLJobStore,
  ];
  return {
    ...{ store, old, next },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([store, old, next].map((each) => each.close()));
    },
  };
}

test("a store that writes leaves a server that became read-only, and goes on at the one the address leads to", async () => {
  await using stores = openStores();
  const { store, next } = stores;
  const claimed = job();
  for (const each of [store, next]) await each.insert(claimed);
  await asRoot(servers[0], ["SET GLOBAL read_only = 1"]);
  await expect(store.insert(job())).rejects.toMatchObject({ errno: 1290 });
  proxy.moveTo(servers[1].target);
  await eventually(() => store.insert(job({ id: "moved", nextRunMs: FAR })));
  expect(await next.get("moved")).toBeDefined();
  const { jobs } = await store.claimDue(claiming());
  expect(jobs.map(({ id }) => id)).toEqual([claimed.id]);
  const what = request(jobs[0]!, FAR);
  const [result] = await store.dispatch([what]);
  if (result?.kind !== "started") throw new Error("the run was not started");
  expect(await store.report([reportOf({ instanceId: what.instance!.id, result })])).toEqual([true]);
  expect(await next.executions.get(result.runs[0]!.executionId)).toMatchObject({ state: "executed" });
});

test.each([
  ["before", true],
  ["after", false],
])(
  "a store that only looks for work, and connected %s its server became read-only, leaves it as well",
  async (_when, isBefore) => {
    await using stores = openStores();
    const { store, next } = stores;
    if (!isBefore) await asRoot(servers[0], ["SET GLOBAL read_only = 1"]);
    expect((await store.claimDue(claiming())).jobs).toEqual([]);
    await asRoot(servers[0], ["SET GLOBAL read_only = 1"]);
    proxy.moveTo(servers[1].target);
    await next.insert(job({ id: "due" }));
    await eventually(async () => expect((await store.claimDue(claiming())).jobs.map(({ id }) => id)).toEqual(["due"]));
  },
);

test("tables are made, and found made, where autocommit is off and the modes of the server are others", async () => {
  await using server = await privateMysql({
    args: ["--autocommit=0", "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "--default-time-zone=+05:00"],
  });
  for (let start = 0; start < 2; start += 1) {
    const store = new MySQLJobStore({ url: server.url });
    await store.migrate();
    await store.start();
    await store.insert(job({ id: `start \\' ${start}` }));
    await store.close();
  }
  const store = new MySQLJobStore({ url: server.url });
  expect((await store.list({})).jobs.map(({ id }) => id).sort()).toEqual(["start \\' 0", "start \\' 1"]);
  await store.close();
});
