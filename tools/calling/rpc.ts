/** `npm run rpc`: asks a recommendation service as another service would, and shows what it answers. */

import { clientTls } from "@headline/grpc";
import {
  type ExplainFeedResponse,
  type Recommendation,
  type Recommender,
  unaryRecommender,
} from "@headline/recommender";
import { grpcTarget, isWholeTls, readConfig, TLS_VARIABLES, tlsOf, WHOLE_TLS } from "@headline/service/config";
import { Refusal } from "@headline/service/errors";
import { z } from "zod";
import { commandLine, wholeNumber } from "../lib/command-line.js";
import { int64 } from "./int64.js";
import { runByHand } from "./run-by-hand.js";
import { table } from "./table.js";

const USAGE = `npm run rpc -- [options]

Calls UserRecommend.user_recommend, and prints its answer.

  --user N         whose feed: a user, negative for a guest, 0 for an anonymous reader (0)
  --channel N      which channel, 0 is "recommended" (0)
  --num N          how many articles, 1 to 50 (10)
  --time-stamp MS  0 for a refresh, the answered time_stamp to go back (0)
  --dry-run        answers in full, records nothing
  --explain        every candidate, its source and score, and why it was dropped; records nothing
  --address A      any grpc-js target ($RECOMMENDER_ADDRESS, or 127.0.0.1:50051;
                   with --explain $EXPLAIN_ADDRESS, or 127.0.0.1:50052);
                   with TLS_CA_FILE, TLS_CERT_FILE, TLS_KEY_FILE over TLS
  --timeout MS     the deadline, the retry included (2000)
`;

const Environment = z
  .object({
    RECOMMENDER_ADDRESS: grpcTarget.default("127.0.0.1:50051"),
    EXPLAIN_ADDRESS: grpcTarget.default("127.0.0.1:50052"),
    ...TLS_VARIABLES,
    TLS_SERVER_NAME: z.string().optional(),
  })
  .refine(isWholeTls, WHOLE_TLS);
const INT32_MAX = 2_147_483_647;
const EXPLAINED_MAX = 40;

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const numbers = { user: text, channel: text, num: text, "time-stamp": text, timeout: text };
const { values: given } = commandLine({
  usage: USAGE,
  options: { ...numbers, address: text, explain: flag, "dry-run": flag },
});

await runByHand(USAGE, async () => {
  const request = {
    userId: int64("user", given.user, 0n),
    channelId: wholeNumber("channel", given.channel, { default: 0, min: 0, max: INT32_MAX }),
    articleNum: wholeNumber("num", given.num, { default: 10, min: 1, max: 50 }),
    timeStamp: int64("time-stamp", given["time-stamp"], 0n),
  };
  const timeoutMs = wholeNumber("timeout", given.timeout, { default: 2_000, min: 1, max: 60_000 });
  const config = readConfig(Environment, process.env);
  const tls = tlsOf(config);
  // With certificates feeds are explained where they are made.
  const isElsewhere = given.explain === true && tls === undefined;
  const address = given.address ?? (isElsewhere ? config.EXPLAIN_ADDRESS : config.RECOMMENDER_ADDRESS);
  await using recommender = unaryRecommender({
    address,
    timeoutMs,
    credentials: tls && clientTls(tls),
    serverName: config.TLS_SERVER_NAME,
  });
  const startedAt = performance.now();
  const lines = await ask(recommender, address, async () =>
    given.explain === true
      ? explanation(await recommender.explain(request, { timeoutMs }))
      : page(await recommender.recommend(request, { timeoutMs, dryRun: given["dry-run"] })),
  );
  process.stdout.write(`${lines}\n${address} answered in ${(performance.now() - startedAt).toFixed(0)} ms\n`);
});

/** Calls, and words the failures that a newcomer meets with their next step. */
async function ask(recommender: Recommender, address: string, call: () => Promise<string>): Promise<string> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.code === "INVALID_ARGUMENT") throw new Error(`The service refuses: ${error.message}`, { cause: error });
    if (await recommender.check("", { timeoutMs: 500 }))
      throw new Error(`${address} is healthy, but answers ${error.code}: ${error.message}`, { cause: error });
    throw new Error(
      `No service answers at ${address} (${/connect \w+|name resolution/i.exec(error.message)?.[0] ?? error.code}).\n\`npm start\` starts a service there; --address names another.`,
      { cause: error },
    );
  }
}

function page({ recommends, mode, stamp, timeStamp, algo, reasons, exposure }: Recommendation): string {
  const head = [
    `mode        ${mode}`,
    `stamp       ${stamp}`,
    `time_stamp  ${timeStamp}${timeStamp === 0n ? " (nothing older)" : `   older: npm run rpc -- --time-stamp ${timeStamp} …`}`,
    `algo        ${algo}`,
    `exposure    ${exposure === "" ? '""' : "a token"}`,
  ];
  const rows = recommends.map(({ articleId }, at) => [String(at + 1), String(articleId), reasons[at] ?? ""]);
  return `${head.join("\n")}\n\n${rows.length === 0 ? "No articles.\n" : table(["#", "article_id", "reason"], rows)}`;
}

function explanation({ algo, bucket, clicksLearned, candidates, interests }: ExplainFeedResponse): string {
  const head = [
    `ranked by   ${algo} (bucket ${bucket}, ${clicksLearned} clicks learned)`,
    `drawn to    ${
      interests
        .slice(0, 8)
        .map(({ kind, name, weight }) => `${kind} ${name} ${weight.toFixed(2)}`)
        .join(", ") || "nothing known yet"
    }`,
  ];
  const rows = candidates.slice(0, EXPLAINED_MAX).map(({ articleId, position, score, sources, droppedBy, parts }) => [
    position > 0 ? String(position) : "",
    String(articleId),
    score.toFixed(3),
    sources.join(" "),
    droppedBy,
    Object.entries(parts)
      .map(([name, part]) => `${name} ${part.toFixed(2)}`)
      .join("  "),
  ]);
  const more = candidates.length - rows.length;
  const names = ["#", "article_id", "score", "recalled by", "dropped by", "the score's parts"];
  return `${head.join("\n")}\n\n${table(names, rows)}${more > 0 ? `and ${more} more\n` : ""}`;
}
