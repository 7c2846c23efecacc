import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { timetable } from "../src/timetable.js";

const PAGE = readFileSync(fileURLToPath(new URL("../../../docs/jobs.md", import.meta.url)), "utf8");
const PERIODS = { correctSeconds: 300, pagesSeconds: 60 };

test("docs/jobs.md lists every job of the timetable, those that prune perhaps together", () => {
  const [, table = ""] = /\n\| job \| when \|([\s\S]*?)\n\n/.exec(PAGE) ?? [];
  const documented = [...table.matchAll(/^\| `([\w…-]+)` \|/gm)].map(([, id]) => id as string);
  const ids = timetable(PERIODS).map(({ id }) => id);
  const isDocumented = (id: string) =>
    documented.includes(id) || (id.startsWith("prune-") && documented.includes("prune-…"));
  expect(ids.filter((id) => !isDocumented(id))).toEqual([]);
  expect(documented.filter((id) => id !== "prune-…" && !ids.includes(id))).toEqual([]);
});
