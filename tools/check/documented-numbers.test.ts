import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DislikeWhy, EventKind } from "@headline/newsroom/events";
import { expect, test } from "@jest/globals";
import { COLUMNS, MEASURES } from "../../packages/ranking/src/feature-names.js";
import { budgetsOf } from "../../services/gateway/src/budgets.js";
import { feedbackWeight } from "../../services/recommendation/src/readers/feedback.js";
import { root } from "../lib/root.js";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const NAME_OR_NUMBER = /\b[A-Z][A-Z_]+\b|\b\d[\d_]*(?:\.\d+)?\b/g;

/** Numbers that a constant is declared with: one, or those of a list or of an object; other constants of its file count. */
function numbersOf(path: string, name: string): readonly number[] {
  const [, declared] = new RegExp(`const ${name}(?:: \\w+)? = ([^;]+);`).exec(read(path)) ?? [];
  if (declared === undefined) throw new Error(`${path} declares no ${name}`);
  const product = (part: string) =>
    (part.match(NAME_OR_NUMBER) ?? []).map((word) =>
      /^\d/.test(word) ? Number(word.replaceAll("_", "")) : numbersOf(path, word)[0]!,
    );
  return declared
    .split(",")
    .map(product)
    .filter((factors) => factors.length > 0)
    .map((factors) => factors.reduce((a, b) => a * b, 1));
}

const PUSH = "services/gateway/src/push";
const HTTP = "services/gateway/src/http/body.ts";
const of = (path: string, name: string) => numbersOf(path, name).map((number) => number.toLocaleString("en-US"));
const one = (path: string, name: string) => of(path, name)[0] as string;
const kib = (path: string, name: string) => numbersOf(path, name)[0]! / 1_024;
const seconds = (path: string, name: string) => numbersOf(path, name).map((ms) => ms / 1_000);
const minutes = (path: string, name: string) => numbersOf(path, name).map((ms) => ms / 60_000);
const [perSecond, burst] = numbersOf(`${PUSH}/answering.ts`, "RATE");
const [packetsPerSecond, packetBurst] = numbersOf(`${PUSH}/guard-connection.ts`, "PACKETS");
const [messages, messageSeconds] = numbersOf("services/gateway/src/story-deps.ts", "MESSAGE_RATE");
const [pingSeconds, pongSeconds] = seconds(`${PUSH}/open-push.ts`, "PING");
const [wrongByName, , wrongByAddress] = numbersOf("packages/redis/src/limits/sign-in-limit.ts", "RATES");
const [quarter] = numbersOf("packages/redis/src/limits/sign-in-limit.ts", "QUARTER_SECONDS");
const { pageMs, mysql } = budgetsOf();
const LEARNED = "services/recommendation/src/feed/learned-ranking.ts";

/** Sentences of each page, with the numbers of the code. */
const SAID: Readonly<Record<string, readonly string[]>> = {
  "docs/push.md": [
    `| one message of a client | ${kib(`${PUSH}/open-push.ts`, "MESSAGE_BYTES_MAX")} kB |`,
    `| connections of one user, or guest, on one gateway | ${one(`${PUSH}/authenticate-socket.ts`, "SOCKETS_PER_USER_MAX")} |`,
    `| connections of one gateway | ${one(`${PUSH}/open-push.ts`, "SOCKETS_MAX")} |`,
    `| saying who one is | ${seconds(`${PUSH}/open-push.ts`, "HANDSHAKE_MS")} s |`,
    `| requests over one socket | ${burst} at once, ${perSecond} a second |`,
    `| packets of any kind over one connection | ${packetBurst} at once, ${packetsPerSecond} a second |`,
    `| ${one(`${PUSH}/is-clogged.ts`, "PACKETS_MAX")} packets or ${kib(`${PUSH}/is-clogged.ts`, "BYTES_MAX") / 1_024} MiB |`,
    `| a silent peer | ${pingSeconds} s to the ping, ${pongSeconds} s for the pong |`,
    `| messages of one user, on all gateways | ${messages} in ${messageSeconds} s |`,
    `newer, up to ${one(`${PUSH}/catch-up.ts`, "MISSED_MAX")} of each`,
    `up to ${one(`${PUSH}/update-watch.ts`, "COUNT_MAX")}, without their own`,
    `at most every ${seconds(`${PUSH}/open-push.ts`, "UPDATES_EVERY_MS")} s`,
    `keeps the newest ${one("packages/newsroom/src/notifications/notification.ts", "INBOX_MAX")} notifications`,
  ],
  "docs/deployment.md": [
    `| gateway | ${one("services/gateway/src/app.ts", "IN_FLIGHT_MAX")} requests at once, a quarter of them with bodies; ${pageMs} ms each |`,
    `| recommendation | ${one("services/recommendation/src/open-recommendation.ts", "CALLS_MAX")} calls at once |`,
    `${one("packages/grpc/src/serve.ts", "STREAMS_MAX")} calls on a connection; ${kib("packages/grpc/src/metadata-bound.ts", "METADATA_BYTES_MAX")} KiB of metadata, ${kib("packages/grpc/src/serve.ts", "RECEIVE_BYTES_MAX")} KiB a request`,
    `| MySQL in a gateway | ${mysql.acquireTimeoutMs} ms to get a connection, ${mysql.statementTimeoutMs} ms a statement, ${mysql.transactionTimeoutMs} ms a transaction |`,
    `| ${kib(HTTP, "LARGE_BODY_BYTES") / 1_024} MiB, ${kib(HTTP, "SMALL_BODY_BYTES")} KiB, ${kib("services/gateway/src/events/routes.ts", "BODY_BYTES_MAX")} KiB;`,
    `| an upload of events | ${one("services/gateway/src/events/event-item.ts", "EVENTS_MAX")} |`,
    `| messages of one user | ${messages} in ${messageSeconds} s over all gateways |`,
    `| ${wrongByName} for a name, ${wrongByAddress} from an address, in ${quarter! / 60} minutes |`,
    `| \`SIGN_UPS_PER_HOUR\`: ${one("services/gateway/src/story-deps.ts", "SIGN_UPS_PER_HOUR")} |`,
  ],
  "docs/recommendation.md": [
    `a click weighs ${weightOf("click").topic}, a read up to ${weightOf("read").topic} (two minutes), a comment ${weightOf("comment").topic}, a like and a collection ${weightOf("liking").topic} each`,
    `following the author +${one("services/recommendation/src/feed/rank.ts", "FOLLOWED_BONUS")}; an author's disliked article up to −${one("services/recommendation/src/feed/rank.ts", "DISLIKED_MALUS")}`,
    `| ${one(LEARNED, "INTEREST_WORTH")} × affinity`,
    `| ${one(LEARNED, "RANKER_WORTH")} × the online ranker's score among the candidates (${one(LEARNED, "SCORED_MAX")} at most)`,
    `up to ${one("services/recommendation/src/learned-feed.ts", "CLICKS_TO_TRUST")} clicks`,
    `the last ${one("services/recommendation/src/readers/seen-articles.ts", "SEEN_MAX")} (weeks)`,
    `| none, \`dull\` | ${dislikeOf()} | yes |`,
    `| \`poor\` | ${dislikeOf("poor")} | yes |`,
    `| \`seen\`, \`old\` | ${dislikeOf("seen")} | no |`,
  ],
  "docs/ranking.md": [
    `${MEASURES.length} measures    ${COLUMNS.length} columns`,
    `half-lives of ${minutes("packages/ranking/src/article-model.ts", "HALF_LIVES_MS")
      .map(inWords)
      .join(", ")
      .replace(/, ([^,]*)$/, " and $1")}.`,
    `top ${one("packages/ranking/src/article-model.ts", "NEIGHBOURS")} neighbours`,
    `settled ${minutes("packages/ranking/src/ranker.ts", "SETTLE_AFTER_MS").map((count) => (count === 10 ? "ten" : String(count)))} minutes after`,
  ],
  "docs/time-stamp.md": [
    `At ${one("services/recommendation/src/history/history.ts", "BATCHES_MAX")} batches the ${one("services/recommendation/src/history/history.ts", "BATCHES_AFTER_TRIM")} made last are kept`,
  ],
  "docs/http-api.md": [
    `Titles: 1 to ${one("services/gateway/src/articles/draft.ts", "TITLE_CHARACTERS_MAX")} characters`,
    `Content: 1 to ${one("services/gateway/src/articles/draft.ts", "CONTENT_BYTES_MAX")} bytes`,
    `\`{content}\`, 1 to ${one("services/gateway/src/comments/write-comment.ts", "CHARACTERS_MAX")} characters`,
  ],
};

test.each(Object.entries(SAID))("%s says the numbers that the code has", (page, sentences) => {
  const text = read(page);
  expect(sentences.filter((sentence) => !text.includes(sentence))).toEqual([]);
});

test("kinds that a page names together weigh the same", () => {
  expect(weightOf("collect")).toEqual(weightOf("liking"));
  expect([dislikeOf("dull"), dislikeOf("old")]).toEqual([dislikeOf(), dislikeOf("seen")]);
});

/** Weights of an event that lasted as long as counts. */
function weightOf(kind: EventKind, why?: DislikeWhy): { readonly topic: number; readonly author: number } {
  const { topic = 0, author = 0 } = feedbackWeight({ kind, durationMs: 120_000, why })?.weight ?? {};
  return { topic, author };
}

function dislikeOf(why?: DislikeWhy): string {
  const { topic, author } = weightOf("dislike", why);
  return [topic, author].map((weight) => (weight < 0 ? `−${-weight}` : "0")).join(" | ");
}

function inWords(minutes: number): string {
  return minutes < 60 ? `${minutes} min` : `${minutes / 60} h`;
}
