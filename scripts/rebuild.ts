/**
 * `npm run rebuild`: makes everything that the recommender has learnt again from the event log, says whether it is what was
 * stored, and stores it. Of MYSQL_URL, or of the private server of `npm start`, whether that runs or not.
 */
import { openMysql } from "@headline/mysql";
import { rebuildModel } from "@headline/recommendation";
import { openStores } from "./content/open-stores.js";

const say = (line: string) => void process.stderr.write(`${line}\n`);
const stopped = new AbortController();
process.once("SIGINT", () => stopped.abort(new Error("stopped by SIGINT")));

await using stores = await openStores(process.env, say);
await using mysql = openMysql(stores.mysqlUrl, { acquireTimeoutMs: 5_000, statementTimeoutMs: 60_000 });
let told = 0;
const { events, upTo, sameAsStored } = await rebuildModel({
  mysql,
  signal: stopped.signal,
  onProgress: (learnt) => {
    if (learnt.events - told < 10_000) return;
    told = learnt.events;
    say(`${learnt.events} events learnt`);
  },
});
const comparison =
  sameAsStored === undefined
    ? "Nothing was stored to compare with."
    : sameAsStored
      ? "What was stored is the same, number for number."
      : "What was stored is NOT the same.";
process.stdout.write(`${events} events learnt, up to ${upTo}. ${comparison}\n`);
if (sameAsStored === false) process.exitCode = 1;
