import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { CopiedTree } from "./copied-tree.fixture.js";
import { applied, type PageStep, stepsOf } from "./page-steps.js";

const read = (page: string) =>
  stepsOf(readFileSync(fileURLToPath(new URL(`../../docs/how-to/${page}`, import.meta.url)), "utf8"));

/** A feed of an article that was hot days ago and of new ones, by the reasons of its page. */
const FEED = `
import { Catalogue } from "./catalogue/catalogue.js";
import { REASONS } from "./feed/candidate.js";
import { homeFeed } from "./feed/feed.js";
import { NOTHING_LEARNT } from "./feed/recalls.js";
import { ANONYMOUS } from "./readers/reader-facts.js";

const NOW = Date.now();
const catalogue = new Catalogue(() => NOW);
const article = (id: number, likes: number, ageMs: number) => ({
  articleId: BigInt(id), authorId: BigInt(id), channelId: 101, published: true, publishedAtMs: NOW - ageMs, likes, comments: 0, collects: 0,
});
catalogue.putMany([article(1, 500, 3 * 86_400_000), article(2, 0, 1_000), article(3, 0, 2_000)]);
const onRecallFailure = (_: string, error: unknown) => { throw error; };
const feed = homeFeed({ sources: { ...NOTHING_LEARNT, catalogue }, onRecallFailure });
const page = feed({ userId: 7n, channelId: 101, nowMs: NOW, served: new Map(), ...ANONYMOUS }, 10);
const nameOf = (reason: number) => Object.entries(REASONS).find(([, number]) => number === reason)?.[0];
console.log(JSON.stringify(page.map(({ slot, reason }) => [Number(catalogue.articleId(slot)), nameOf(reason)])));
`;

test("a recall, a kind of event and a metric are added as their pages say: the compiler names the open steps, and the feed has the recall", () => {
  using tree = new CopiedTree();
  const take = (steps: readonly PageStep[]) => {
    for (const step of steps) tree.write(step.file, applied(step, step.language === "ts" ? "" : tree.read(step.file)));
  };
  const [recall, kind, metric] = [read("add-a-recall.md"), read("add-an-event-kind.md"), read("add-a-metric.md")];
  expect(new Set(recall.map(({ file }) => file)).size).toBeLessThanOrEqual(3);
  expect(new Set(kind.map(({ file }) => file)).size).toBeLessThanOrEqual(4);
  expect(new Set(metric.map(({ file }) => file)).size).toBeLessThanOrEqual(2);

  take([...recall.slice(0, 2), ...kind.slice(0, 1)]);
  const generated = tree.run("npm", "run", "generate");
  expect(generated.status === 0 || generated.printed).toBe(true);
  expect(tree.read("docs/http-api.md")).toContain("`classic` (many readers reacted to it days ago)");
  tree.write(
    "tsconfig.how-to.json",
    JSON.stringify({
      extends: "./tsconfig.json",
      compilerOptions: { declaration: false, incremental: true, tsBuildInfoFile: "how-to.tsbuildinfo" },
      include: ["services/*/src", "packages/recommender/src", "packages/newsroom/src"],
    }),
  );
  const open = tree.run("tsc", "-p", "tsconfig.how-to.json").printed;
  expect(open).toContain("feed/recalls.ts");
  expect(open).toContain("Property 'classic' is missing");
  expect(open).toContain("readers/feedback.ts");
  expect(open).toContain("Property 'share' is missing");

  take([...recall.slice(2), ...kind.slice(1), ...metric]);
  tree.write("services/recommendation/src/run-feed.ts", FEED);
  expect(tree.run("tsc", "-p", "tsconfig.how-to.json")).toEqual({ status: 0, printed: "" });
  const { printed } = tree.run(
    "node",
    "--conditions=source",
    "--import",
    "tsx",
    "services/recommendation/src/run-feed.ts",
  );
  expect(JSON.parse(printed)).toContainEqual([1, "classic"]);
  expect(tree.read("packages/client/src/gen/api.ts")).toContain('"share"');
}, 300_000);
