import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { CopiedTree } from "./copied-tree.fixture.js";
import { applied, type PageStep, stepsOf } from "./page-steps.js";

const PAGES = fileURLToPath(new URL("../../docs/how-to", import.meta.url));
const CONTRIBUTING = readFileSync(fileURLToPath(new URL("../../CONTRIBUTING.md", import.meta.url)), "utf8");
const read = (page: string) => stepsOf(readFileSync(`${PAGES}/${page}`, "utf8"));
const filesOf = (steps: readonly PageStep[]) => [...new Set(steps.map(({ file }) => file))];

/** Files that a change of each kind may take. */
const FILES_MAX = {
  "add-a-column.md": 5,
  "add-a-job.md": 2,
  "add-a-metric.md": 2,
  "add-a-notification-kind.md": 4,
  "add-a-recall.md": 3,
  "add-an-endpoint.md": 3,
  "add-an-environment-variable.md": 4,
  "add-an-event-kind.md": 4,
} as const;
type Page = keyof typeof FILES_MAX;
const STEPS = Object.fromEntries(Object.keys(FILES_MAX).map((page) => [page, read(page)])) as Record<Page, PageStep[]>;

test("every page is one of these, has no more files than it may, and CONTRIBUTING.md has its number", () => {
  expect(readdirSync(PAGES).sort()).toEqual(Object.keys(FILES_MAX));
  for (const [page, max] of Object.entries(FILES_MAX)) {
    const files = filesOf(STEPS[page as Page]);
    expect({ page, files, isShort: files.length > 0 && files.length <= max }).toMatchObject({ isShort: true });
    expect(CONTRIBUTING).toContain(`(docs/how-to/${page}) | ${files.length} |`);
  }
});

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

/** Blocks of a page that come first, as by a person who forgets the rest. */
const BEGUN: Readonly<Record<Page, number>> = {
  "add-a-column.md": 2,
  "add-a-job.md": 2,
  "add-a-metric.md": 0,
  "add-a-notification-kind.md": 1,
  "add-a-recall.md": 2,
  "add-an-endpoint.md": 2,
  "add-an-environment-variable.md": 1,
  "add-an-event-kind.md": 1,
};
/** Message that names the steps left open. */
const OPEN = [
  ["articles/publish-article.ts", "Property 'summary' is missing"], // a column
  ["jobs/src/timetable.ts", "Cannot find module './tasks/count-active-users.js'"], // a job
  ["language/zh.ts", "'commented_too' is missing"], // a kind of notification
  ["feed/recalls.ts", "Property 'classic' is missing"], // a recall
  ["articles/routes.ts", "Cannot find module './read-counts.js'"], // an endpoint
  ["readers/feedback.ts", "Property 'share' is missing"], // a kind of event
];
const OPEN_VARIABLE = [
  "PUSH_HANDSHAKE_MS is declared in services/gateway/src/main.ts and not used there",
  "PUSH_HANDSHAKE_MS of gateway has no row in docs/architecture.md",
];
const SOURCES = {
  extends: "./tsconfig.json",
  compilerOptions: { declaration: false, incremental: true, tsBuildInfoFile: "how-to.tsbuildinfo" },
  include: ["services/*/src", "packages/recommender/src", "packages/newsroom/src", "tools/content"],
};
const APP = {
  extends: "./services/web/tsconfig.json",
  compilerOptions: { customConditions: ["headline-source"] },
  include: ["services/web/src/language"],
};

test("every change is made as its page says: the compiler and the checks name the open steps, and it compiles when they are done", () => {
  using tree = new CopiedTree();
  tree.write("tsconfig.how-to.json", JSON.stringify(SOURCES));
  tree.write("tsconfig.app.json", JSON.stringify(APP));
  const compiled = () => ["how-to", "app"].map((name) => tree.run("tsc", "-p", `tsconfig.${name}.json`));
  const take = (steps: readonly PageStep[]) => {
    for (const step of steps)
      tree.write(step.file, applied(step, step.language === "diff" ? tree.read(step.file) : ""));
  };
  const begin = (page: Page) => take(STEPS[page].slice(0, BEGUN[page]));

  const pages = Object.keys(STEPS) as Page[];
  for (const page of pages.filter((each) => each !== "add-an-endpoint.md")) begin(page);
  for (const generator of ["reasons", "client"])
    expect(tree.run("tsx", "--conditions=headline-source", `tools/generate/${generator}.ts`).status).toBe(0);
  begin("add-an-endpoint.md"); // the generator would load its handler
  const open = compiled()
    .map(({ printed }) => printed)
    .join("\n");
  for (const parts of OPEN) for (const part of parts) expect(open).toContain(part);
  expect(tree.run("tsx", "tools/check/variables.ts")).toEqual({ status: 1, printed: OPEN_VARIABLE.join("\n") });

  for (const page of pages) take(STEPS[page].slice(BEGUN[page]));
  const generated = tree.run("npm", "run", "generate");
  expect(generated.status === 0 || generated.printed).toBe(true);
  tree.write("services/recommendation/src/run-feed.ts", FEED);
  expect(compiled()).toEqual(Array(2).fill({ status: 0, printed: "" }));
  expect(tree.run("tsx", "tools/check/variables.ts")).toEqual({ status: 0, printed: "" });
  const { printed } = tree.run("tsx", "--conditions=headline-source", "services/recommendation/src/run-feed.ts");
  expect(JSON.parse(printed)).toContainEqual([1, "classic"]);
  const client = tree.read("packages/client/src/gen/api.ts");
  for (const part of ['"share"', '"commented_too"', "summary", "/articles/{id}/counts"]) expect(client).toContain(part);
  const page = tree.read("docs/http-api.md");
  expect(page).toContain("`classic` (many readers reacted to it days ago)");
  expect(page).toContain("| `commented_too` | the writer of the comment before | the article |");
  expect(tree.read("docs/jobs.md")).toContain("| `count-active-users` | 4:15 UTC |");
}, 300_000);
