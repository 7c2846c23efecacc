import { isTest, type Source } from "./sources.js";

/** Statements of any table. */
const STATEMENT =
  /\b(?:SELECT\s[^;`"]*?\bFROM|INSERT\s+(?:IGNORE\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+(?:\w+\s+)?FROM)\s/;
/** Statements of the tables of articles. */
const ON_ARTICLES = /\b(?:FROM|JOIN|INTO|UPDATE)\s+article(?:s|_\w+)\b/;
const COMMENT = /\/\*[\s\S]*?\*\/|\s\/\/ .*/g;

/** Folders where no SQL stands. */
const WITHOUT_SQL = /^services\/gateway\/src\//;
/** Folders beside newsroom with SQL on articles, each with its reason. */
const BULK = [
  { path: /^services\/recommendation\/src\/catalogue\//, reason: "loads all articles into memory" },
  { path: /^tools\/content\//, reason: "imports articles by thousands" },
  { path: /^bench\//, reason: "seeds tables with millions of rows" },
];

/** Files whose SQL belongs into packages/newsroom; tests are left out, which look at rows. */
export function misplacedSql(sources: readonly Source[]): readonly string[] {
  return sources
    .filter(({ path }) => !isTest(path) && !path.startsWith("packages/newsroom/") && !path.startsWith("tools/check/"))
    .map(({ path, text }) => ({ path, code: text.replace(COMMENT, "") }))
    .flatMap(({ path, code }) => {
      if (WITHOUT_SQL.test(path) && (STATEMENT.test(code) || ON_ARTICLES.test(code)))
        return [`${path} has SQL: services/gateway asks packages/newsroom`];
      if (ON_ARTICLES.test(code) && !BULK.some((bulk) => bulk.path.test(path)))
        return [`${path} has SQL on articles: it belongs into packages/newsroom`];
      return [];
    });
}
