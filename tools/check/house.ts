/**
 * `tsx tools/check/house.ts [--list] [--lower]`: fails on an import of a higher layer, on SQL outside newsroom, on a foreign export condition, and where a room has more circles of imports, of
 * files or of folders, or more forbidden openings and words than tools/check/ceilings.json allows. `--lower` lowers the ceilings to the
 * counts, and never raises one; `--list` prints each place.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine } from "../lib/command-line.js";
import { root } from "../lib/root.js";
import { foreignConditions } from "./conditions.js";
import { findLayers } from "./layers.js";
import { isTest, roomOf, type Source, sourcesIn } from "./sources.js";
import { misplacedSql } from "./sql.js";
import { countWords, forbiddenIn, openingsIn } from "./words.js";

const CEILINGS = join(root, "tools/check/ceilings.json");
const CODE = ["packages", "services", "bench", "tools"];

type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>;

const { values } = commandLine({
  usage:
    "tsx tools/check/house.ts [--list] [--lower]\n\nLayers, SQL, circles and words; the last two are compared with the committed ceilings.",
  options: { list: { type: "boolean", default: false }, lower: { type: "boolean", default: false } },
});

const code = sourcesIn(root, CODE, /\.(tsx?|mjs)$/).filter(({ path }) => !path.endsWith(".d.ts"));
const texts = [...code, ...sourcesIn(root, ["docs", ...CODE], /\.md$/), ...markdownAtRoot()];
const { circles, upward, folderCircles } = findLayers(code.filter(({ path }) => !path.endsWith(".mjs")));
const counts: Counts = {
  ...countWords(texts),
  circles: countByRoom(circles.map(([first = ""]) => first)),
  folderCircles: countByRoom(folderCircles.map(({ from }) => from)),
};
const ceilings = JSON.parse(readFileSync(CEILINGS, "utf8")) as Counts;

if (values.list) list();
if (values.lower) writeFileSync(CEILINGS, `${JSON.stringify(lowered(), null, 2)}\n`);
const faults = [
  ...upward.map((arrow) => `upward arrow: ${arrow}`),
  ...misplacedSql(code),
  ...foreignConditions(root, code),
  ...above(),
];
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;

function above(): readonly string[] {
  return Object.entries(counts).flatMap(([kind, rooms]) =>
    Object.entries(rooms)
      .map(([room, count]) => ({ room, count, ceiling: ceilings[kind]?.[room] ?? 0 }))
      .filter(({ count, ceiling }) => count > ceiling)
      .map(({ room, count, ceiling }) => `${kind}: ${room} has ${count}, at most ${ceiling} (see --list)`),
  );
}

/** Each ceiling at its count, where that is lower; a room without a count needs none. */
function lowered(): Counts {
  return Object.fromEntries(
    Object.entries(counts).map(([kind, rooms]) => [
      kind,
      Object.fromEntries(
        Object.entries(rooms)
          .map(([room, count]) => [room, Math.min(count, ceilings[kind]?.[room] ?? 0)] as const)
          .filter(([, ceiling]) => ceiling > 0)
          .sort(([a], [b]) => a.localeCompare(b)),
      ),
    ]),
  );
}

function countByRoom(paths: readonly string[]): Readonly<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const path of paths) counted[roomOf(path)] = (counted[roomOf(path)] ?? 0) + 1;
  return counted;
}

function list(): void {
  for (const circle of circles) process.stdout.write(`circle: ${circle.join(" ↔ ")}\n`);
  for (const { from, to } of folderCircles) process.stdout.write(`arrow of a circle of folders: ${from} → ${to}\n`);
  for (const source of texts.filter(({ path }) => !isTest(path))) {
    const found = [...openingsIn(source), ...forbiddenIn(source)];
    if (found.length > 0) process.stdout.write(`${source.path}: ${found.join(" ")}\n`);
  }
}

function markdownAtRoot(): readonly Source[] {
  return readdirSync(root)
    .filter((name) => name.endsWith(".md"))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}
