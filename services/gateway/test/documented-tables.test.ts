import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NOTIFICATION_KINDS } from "@headline/newsroom/notifications";
import { expect, test } from "@jest/globals";
import { WRITE_RATES, WRITES } from "../src/http/write-limits.js";
import { openApiDocument } from "../src/openapi/document.js";
import { STORIES } from "../src/routes.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const PAGE = read("docs/http-api.md");

/** Routes beside the interface: of Socket.IO, the other name of a page, and a file of the docs page. */
const UNDESCRIBED = ["GET /socket.io/", "GET /pages/:.json"];
const UNDOCUMENTED = ["GET /docs/style.css", "GET /metrics"];

test("docs/http-api.md lists every route of the OpenAPI document, and no other", () => {
  const described = Object.entries(openApiDocument(STORIES).paths ?? {}).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, ":")}`),
  );
  const documented = rowsOf("Routes").flatMap(([route = ""]) => routesIn(route));
  expect(sorted(documented.filter((route) => !UNDESCRIBED.includes(route)))).toEqual(
    sorted(described.filter((route) => !UNDOCUMENTED.includes(route))),
  );
});

test("docs/http-api.md and docs/architecture.md state the limits of writes", () => {
  const rates = WRITES.map((name) => [WRITE_RATES[name].reader, WRITE_RATES[name].network]);
  const documented = rowsOf("Limits on what is written").map(([, ...cells]) => cells.map((cell) => parseInt(cell, 10)));
  expect(documented.slice(-rates.length)).toEqual(rates);
  const variable = WRITES.map((name) => `${name}=${WRITE_RATES[name].reader}/${WRITE_RATES[name].network}`).join(",");
  expect(read("docs/architecture.md")).toContain(`| \`${variable}\``);
});

test("docs/http-api.md lists every kind of notification, and no other", () => {
  const [, table = ""] = /\n\| kind \|([\s\S]*?)\n\n/.exec(PAGE) ?? [];
  const documented = rowsIn(table).flatMap(([cell = ""]) => [...cell.matchAll(/`(\w+)`/g)].map(([, kind]) => kind));
  expect(sorted(documented as string[])).toEqual(sorted(NOTIFICATION_KINDS));
});

/** `GET /users/:id`, `DELETE …` of a cell, without queries and names of parameters; … stands for the path before. */
function routesIn(cell: string): readonly string[] {
  let path = "";
  return [...cell.matchAll(/`([A-Z]+) ([^`?]*)[^`]*`/g)].map(([, method, given = ""]) => {
    if (given !== "…") path = given.replaceAll(/:\w+/g, ":");
    return `${method} ${path}`;
  });
}

/** Cells of the table below a heading. */
function rowsOf(heading: string): readonly (readonly string[])[] {
  const [, section = ""] = new RegExp(`\\n#+ ${heading}\\n([\\s\\S]*?)\\n#`).exec(PAGE) ?? [];
  return rowsIn(section);
}

function rowsIn(text: string): readonly (readonly string[])[] {
  return text
    .split("\n")
    .filter((line) => /^\| [^-]/.test(line) && !line.startsWith("| |"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
