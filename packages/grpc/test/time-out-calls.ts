import { plainClient } from "./echo.js";

/** Client of the server at `argv[2]`: `argv[3]` calls that time out, then a hundred that do not; prints how many ended with what. */
const [, , address = "", calls = "0"] = process.argv;
const CALLS_AT_ONCE = 25;

using client = plainClient(address);
const outcomes: Promise<string>[] = [];
while (outcomes.length < Number(calls)) {
  for (let call = 0; call < CALLS_AT_ONCE; call++) outcomes.push(outcomeOf(client.echo("never", { timeoutMs: 4_000 })));
  await client.echo("now"); // the server has read them
}
const timedOut = countOf(await Promise.all(outcomes));
const later = countOf(await Promise.all(Array.from({ length: 100 }, () => outcomeOf(client.echo("now")))));
process.stdout.write(JSON.stringify({ timedOut, later }));

function outcomeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "OK",
    (error: Error) => error.message.split(":", 1).join(),
  );
}

function countOf(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
