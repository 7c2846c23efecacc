import { posix } from "node:path";
import { circlesOf, graphOf } from "./graph.js";
import { isTest, roomOf, type Source } from "./sources.js";

/** Rooms from the ground up: each imports only rooms of the layers before its own. */
const LAYERS: readonly (readonly string[])[] = [
  ["packages/client", "packages/embedded", "packages/ranking", "packages/service", "packages/track-token"],
  ["packages/testkit"],
  ["packages/grpc", "packages/mysql", "packages/redis", "packages/scheduler"],
  ["packages/newsroom", "packages/recommender", "packages/tasks"],
  ["services/gateway", "services/jobs", "services/recommendation", "services/web"],
  ["tools"],
  ["bench"],
];

/** Imports of a workspace by its name, of a file beside, and of a type by `import("…")`. */
const IMPORT = /^\s*(?:import|export)\s(?:[^;"'`]*?\sfrom\s+)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;
const WORKSPACE = /^@headline\/([^/]+)/;

export interface Arrow {
  readonly from: string;
  readonly to: string;
}

export interface Findings {
  /** Circles of files. */
  readonly circles: readonly (readonly string[])[];
  /** Imports of a room of the same layer or a higher one, in words. */
  readonly upward: readonly string[];
  /** Arrows between folders of a room that import each other. */
  readonly folderCircles: readonly Arrow[];
}

/** Circles and upward arrows among sources, types included; tests may import anything. */
export function findLayers(sources: readonly Source[], layers: readonly (readonly string[])[] = LAYERS): Findings {
  const code = sources.filter(({ path }) => !isTest(path));
  const paths = new Set(code.map(({ path }) => path));
  const fileArrows = code.flatMap((source) => arrowsBetweenFiles(source, paths));
  return {
    circles: circlesOf(graphOf(fileArrows.map(({ from, to }) => [from, to] as const))),
    upward: code.flatMap((source) => upwardFrom(source, layers)),
    folderCircles: folderCirclesOf(fileArrows),
  };
}

function arrowsBetweenFiles({ path, text }: Source, paths: ReadonlySet<string>): readonly Arrow[] {
  return specifiersIn(text)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => posix.join(posix.dirname(path), specifier))
    .map((target) => candidates(target).find((candidate) => paths.has(candidate)))
    .filter((to) => to !== undefined && to !== path)
    .map((to) => ({ from: path, to: to as string }));
}

function candidates(target: string): readonly string[] {
  const stem = target.replace(/\.js$/, "");
  return [target, `${stem}.ts`, `${stem}.tsx`];
}

function upwardFrom({ path, text }: Source, layers: readonly (readonly string[])[]): readonly string[] {
  const room = roomOf(path);
  const layer = layers.findIndex((rooms) => rooms.includes(room));
  if (layer < 0) return [`${path}: ${room} has no layer in tools/check/layers.ts`];
  return specifiersIn(text)
    .map((specifier) => roomOfSpecifier(specifier, path, layers))
    .filter((to) => to !== undefined && to !== room)
    .filter((to) => layers.findIndex((rooms) => rooms.includes(to as string)) >= layer)
    .map((to) => `${path} imports ${to}`);
}

function roomOfSpecifier(specifier: string, path: string, layers: readonly (readonly string[])[]): string | undefined {
  const [, name] = WORKSPACE.exec(specifier) ?? [];
  if (name !== undefined) return layers.flat().find((room) => room === name || room.endsWith(`/${name}`));
  return specifier.startsWith(".") ? roomOf(posix.join(posix.dirname(path), specifier)) : undefined;
}

function specifiersIn(text: string): readonly string[] {
  return [...text.matchAll(IMPORT)].map(([, statement, call]) => (statement ?? call) as string);
}

/** Folders directly below a room's sources; the files beside them are the room's front and belong to none. */
function folderCirclesOf(arrows: readonly Arrow[]): readonly Arrow[] {
  const between = arrows
    .map(({ from, to }) => [folderOf(from), folderOf(to)] as const)
    .filter((pair): pair is readonly [string, string] => pair[0] !== undefined && pair[1] !== undefined)
    .filter(([from, to]) => from !== to && roomOf(from) === roomOf(to));
  const unique = [...new Map(between.map((pair) => [pair.join(" "), pair])).values()];
  return circlesOf(graphOf(unique)).flatMap((circle) =>
    unique.filter((pair) => pair.every((folder) => circle.includes(folder))).map(([from, to]) => ({ from, to })),
  );
}

function folderOf(path: string): string | undefined {
  const inside = path.slice(roomOf(path).length + 1).replace(/^src\//, "");
  const folder = inside.includes("/") ? inside.slice(0, inside.indexOf("/")) : undefined;
  return folder === undefined ? undefined : `${roomOf(path)}/${folder}`;
}
