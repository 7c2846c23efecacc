import { expect, test } from "@jest/globals";
import { findLayers } from "./layers.js";
import { misplacedSql } from "./sql.js";
import { countWords, forbiddenIn } from "./words.js";

const LAYERS = [["packages/low"], ["packages/high"]];
const source = (path: string, text: string) => ({ path, text });

test("an import of a higher layer is found, of a type as well, and not in a test", () => {
  const found = findLayers(
    [
      source("packages/low/src/a.ts", 'import type {\n  High,\n} from "@headline/high/parts";\n'),
      source("packages/low/src/b.ts", 'type High = import("@headline/high").High;\n'),
      source("packages/low/src/a.test.ts", 'import { high } from "@headline/high";\n'),
      source("packages/high/src/a.ts", 'export { low } from "@headline/low";\n'),
      source("packages/new/src/a.ts", ""),
    ],
    LAYERS,
  );
  expect(found.upward).toEqual([
    "packages/low/src/a.ts imports packages/high",
    "packages/low/src/b.ts imports packages/high",
    "packages/new/src/a.ts: packages/new has no layer in tools/check/layers.ts",
  ]);
});

test("a circle is found among files, and among folders where no file is in one", () => {
  const found = findLayers(
    [
      source("packages/low/src/a.ts", 'import { b } from "./b.js";\n'),
      source("packages/low/src/b.ts", 'import type { A } from "./a.js";\nimport { c } from "./one/c.js";\n'),
      source("packages/low/src/one/c.ts", 'import { d } from "../two/d.js";\n'),
      source("packages/low/src/two/d.ts", ""),
      source("packages/low/src/two/e.ts", 'import { c } from "../one/c.js";\n'),
    ],
    LAYERS,
  );
  expect(found.circles).toEqual([["packages/low/src/a.ts", "packages/low/src/b.ts"]]);
  expect(found.folderCircles).toEqual([
    { from: "packages/low/one", to: "packages/low/two" },
    { from: "packages/low/two", to: "packages/low/one" },
  ]);
});

test("openings of doc comments are counted by room; words outside tests, in names as well", () => {
  const [what, how] = ["What", "How"]; // this file is counted, too
  const text = `/** ${what} it is. */\n/**\n * ${how} it goes.\n */\n/** Whatever. */\n// What\nfunction tellServices() {} // whoever retells`;
  const sources = [
    source("packages/low/src/a.ts", text),
    source("packages/low/src/a.test.ts", text),
    source("docs/a.md", `Nobody. /** ${what} */`),
  ];
  expect(countWords(sources)).toEqual({ openings: { "packages/low": 4 }, words: { "packages/low": 2, docs: 1 } });
  expect(forbiddenIn(source("CONTRIBUTING.md", "nobody"))).toEqual([]);
});

test("SQL in the gateway, and on articles outside newsroom, is found; comments, tests and bulk loading are left out", () => {
  const select = "const sql = `SELECT name\n  FROM channels`;";
  const onArticles = 'const sql = "UPDATE articles SET title = ?";';
  const sources = [
    source("services/gateway/src/a.ts", select),
    source(
      "services/gateway/src/b.ts",
      'const METHODS = "GET, UPDATE, DELETE"; // SELECT FROM\n/** `FROM articles` */',
    ),
    source("services/gateway/src/b.test.ts", select),
    source("services/jobs/src/a.ts", select),
    source("services/jobs/src/b.ts", onArticles),
    source("services/recommendation/src/catalogue/a.ts", onArticles),
    source("packages/newsroom/src/a.ts", onArticles),
  ];
  expect(misplacedSql(sources)).toEqual([
    "services/gateway/src/a.ts has SQL: services/gateway asks packages/newsroom",
    "services/jobs/src/b.ts has SQL on articles: it belongs into packages/newsroom",
  ]);
});
