/** `npm run feed`: the home feed in the terminal, page by page, as an app asks for it. */
import { createClient, type FeedPage, Problem } from "@headline/client";
import { BadOption, commandLine, httpUrl, wholeNumber } from "../lib/command-line.js";
import { runByHand } from "./run-by-hand.js";
import { cut, table } from "./table.js";

const USAGE = `npm run feed -- [options]

Reads the home feed over HTTP as a new guest, or signed in.

  --channel N      which channel, 0 is "recommended" (0)
  --pages N        how many pages, 1 to 100 (2)
  --per-page N     articles on each, 1 to 50 (10)
  --url URL        the gateway (http://127.0.0.1:$PORT, or :3000)
  --as NAME --password WORD   whose feed
`;

const TITLE_COLUMNS = 48;
const INT32_MAX = 2_147_483_647;

const text = { type: "string" } as const;
const { values: given } = commandLine({
  usage: USAGE,
  options: { channel: text, pages: text, "per-page": text, url: text, as: text, password: text },
});

await runByHand(USAGE, async () => {
  const channelId = wholeNumber("channel", given.channel, { default: 0, min: 0, max: INT32_MAX });
  const pagesMax = wholeNumber("pages", given.pages, { default: 2, min: 1, max: 100 });
  const perPage = wholeNumber("per-page", given["per-page"], { default: 10, min: 1, max: 50 });
  const url = httpUrl("url", given.url ?? `http://127.0.0.1:${process.env["PORT"] || "3000"}`);
  if ((given.as === undefined) !== (given.password === undefined))
    throw new BadOption("--as and --password go together");
  const client = createClient({ url, timeoutMs: 5_000 });
  try {
    if (given.as !== undefined) await client.signIn(given.as, given.password as string);
    let pages = 0;
    for await (const page of client.feed({ channelId, perPage })) {
      pages += 1;
      process.stdout.write(shown(page, pages));
      if (pages === pagesMax) break;
    }
  } catch (error) {
    throw inWords(error, url);
  }
});

function shown(page: FeedPage, number: number): string {
  const { timestamp, pre_timestamp: older, results, degraded, exhausted } = page;
  const remarks = [
    degraded ? "degraded: the recommendation service did not answer" : "",
    exhausted ? "exhausted: nothing is left to serve" : "",
  ].filter((remark) => remark !== "");
  const rows = results.map(({ article_id, title, aut_name, reason, like_count, comment_count }) => [
    article_id,
    cut(title, TITLE_COLUMNS),
    aut_name,
    reason,
    String(like_count),
    String(comment_count),
  ]);
  const head = `page ${number}   timestamp ${timestamp}   pre_timestamp ${older}${remarks.map((remark) => `\n${remark}`).join("")}`;
  const names = ["article", "title", "author", "reason", "likes", "comments"];
  return `${head}\n\n${rows.length === 0 ? "No articles.\n" : table(names, rows)}\n`;
}

/** The failure with the newcomer's next step. */
function inWords(error: unknown, url: string): unknown {
  if (!(error instanceof Problem)) return error;
  const { status, code, message, requestId } = error;
  if (status === 0)
    return new Error(`No gateway answers at ${url} (${code}).\n\`npm start\` starts a gateway; --url names another.`);
  return new Error(
    `${url} refuses with ${status} ${code}: ${message}${requestId === undefined ? "" : ` (${requestId})`}`,
  );
}
