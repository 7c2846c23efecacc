/**
 * `npm run rebuild`: makes everything that the recommender has learnt again from the event log, says whether it is what was
 * stored, and stores it. Of a log that was pruned it learns what is there, and compares nothing. Of MYSQL_URL, or of the private server of `npm start`, whether that runs or not.
 */
import { openMysql } from "@headline/mysql";
import { type Rebuilt, rebuildModel } from "@headline/recommendation";
import { commandLine } from "../lib/command-line.js";
import { endInWords, openStores } from "../lib/open-stores.js";

commandLine({
  usage: `npm run rebuild

Learns everything again from the event log, says whether it is what was stored, and stores it: of MYSQL_URL, or of the private server of
npm start.`,
});
const say = (line: string) => void process.stderr.write(`${line}\n`);
const stopped = new AbortController();
process.once("SIGINT", () => stopped.abort(new Error("stopped by SIGINT")));

await rebuild().catch(endInWords);

async function rebuild(): Promise<void> {
  await using stores = await openStores(process.env, say);
  await using mysql = openMysql(stores.mysqlUrl, { acquireTimeoutMs: 5_000, statementTimeoutMs: 60_000 });
  let reported = 0;
  const rebuilt = await rebuildModel({
    mysql,
    signal: stopped.signal,
    onProgress: (learnt) => {
      if (learnt.events - reported < 10_000) return;
      reported = learnt.events;
      say(`${learnt.events} events learnt`);
    },
  });
  process.stdout.write(`${rebuilt.events} events learnt, up to ${rebuilt.upTo}. ${comparison(rebuilt)}\n`);
  if (!rebuilt.stored) process.stdout.write("The log ends before what was stored, which stays.\n");
  if (rebuilt.sameAsStored === false) process.exitCode = 1;
}

function comparison({ sameAsStored, prunedUpTo }: Rebuilt): string {
  if (prunedUpTo > 0n) return `Events up to ${prunedUpTo} were pruned: it cannot be compared with what was stored.`;
  if (sameAsStored === undefined) return "Nothing was stored to compare with.";
  return sameAsStored ? "What was stored is the same, number for number." : "What was stored is NOT the same.";
}
