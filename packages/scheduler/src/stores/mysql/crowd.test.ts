import { inFull, throwawayMysql } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { claiming, FAR, job, reportOf, request } from "../conformance/kit.js";
import { MySQLJobStore } from "../mysql.js";

const JOBS = inFull(600, 2_000);

test("four stores share many jobs: each runs once, nothing is refused, nobody deadlocks", async () => {
  await using database = await throwawayMysql();
  const stores = Array.from({ length: 4 }, () => new MySQLJobStore({ url: database.url }));
  await stores[0]!.migrate();
  await Promise.all(
    stores.map(async (store, at) => {
      for (let n = at; n < JOBS; n += 4)
        await store.insert(job({ id: `j${n}`, ack: n % 2 === 0 ? "late" : "early", nextRunMs: n }));
    }),
  );
  const connection = await createConnection(database.url);
  const deadlocks = async () =>
    Number(
      (await connection.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'"))[0][0]?.["Value"] ?? 0,
    );
  const deadlocksBefore = await deadlocks();

  const ran = await Promise.all(stores.map((store, at) => runAll(store, `owner${at}`, 40 + at * 50)));

  const ids = ran.flat();
  expect(ids).toHaveLength(JOBS);
  expect(new Set(ids).size).toBe(JOBS);
  const [[found]] = await connection.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS n, COUNT(DISTINCT job_id) AS jobs, SUM(state = 'executed') AS executed,
       (SELECT COUNT(*) FROM scheduler_instances) AS open, (SELECT COUNT(*) FROM scheduler_jobs) AS jobs_left
     FROM scheduler_executions`,
  );
  expect(Object.values(found!).map(Number)).toEqual([JOBS, JOBS, JOBS, 0, JOBS / 2]);
  expect((await deadlocks()) - deadlocksBefore).toBe(0);
  await Promise.all([connection.end(), ...stores.map((store) => store.close())]);
});

/** Claims, dispatches, renews, reaps and reports until nothing is due; answers the jobs that it ran. */
async function runAll(store: MySQLJobStore, owner: string, limit: number): Promise<string[]> {
  const ran: string[] = [];
  let idle = 0;
  while (idle < 3) {
    const { jobs } = await store.claimDue(claiming({ owner, limit, leaseMs: 60_000 }));
    if (jobs.length === 0) idle++;
    const requests = jobs.map((each) => request(each, nextRunOf(each.id), { owner, leaseMs: 60_000 }));
    const results = await store.dispatch(requests);
    const held = requests.map(({ instance }) => ({ instanceId: instance!.id, token: 1 }));
    const [renewal, reclaimed] = await Promise.all([store.renew(held, 60_000), store.reclaim(claiming({ owner }))]);
    expect(renewal.lost).toEqual([]);
    expect(reclaimed.reclaimed).toEqual([]);
    const reports = requests.flatMap(({ instance }, at) => {
      const result = results[at]!;
      if (result.kind !== "started") throw new Error(`${instance!.job.id}: ${result.kind}`);
      return [reportOf({ instanceId: instance!.id, result })];
    });
    expect((await store.report(reports)).every(Boolean)).toBe(true);
    ran.push(...requests.map(({ jobId }) => jobId));
  }
  return ran;
}

/** Every second job stays, whichever scheduler gets it. */
function nextRunOf(id: string): number | null {
  return Number(id.slice(1)) % 2 === 0 ? null : FAR;
}
