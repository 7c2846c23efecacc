import { isTest, roomOf, type Source } from "./sources.js";

/** A doc comment begins with the noun that it names, or with an imperative verb. */
const OPENING = /\/\*\*(?:\s|\*(?!\/))*(What|How|Who|Whoever)\b/g;
/** Words for which the field has better ones (CONTRIBUTING.md); compared with each part of a name. */
const WORDS = new Set([
  ...["told", "tell", "tells", "nobody", "somebody", "whoever", "lent", "keeper", "trouble", "troubles"],
  ...["settable", "unaverse", "lander"],
]);
/** Parts of names: `tellServices` has tell and Services. */
const PART = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g;

interface Allowance {
  readonly path: RegExp;
  readonly words: readonly string[];
  readonly reason: string;
}

const ALLOWED: readonly Allowance[] = [
  { path: /^tools\/check\//, words: [...WORDS], reason: "names the words" },
  { path: /^CONTRIBUTING\.md$/, words: [...WORDS], reason: "the glossary" },
  { path: /^services\/web\/src\/language\//, words: ["nobody", "somebody", "tell"], reason: "texts for readers" },
];

export interface Counts {
  /** Doc comments with a forbidden opening, by room. */
  readonly openings: Readonly<Record<string, number>>;
  /** Forbidden words, by room. */
  readonly words: Readonly<Record<string, number>>;
}

/** Counts forbidden openings and words. Tests may use the words: their names are promises in plain speech. */
export function countWords(sources: readonly Source[]): Counts {
  const counted = sources.filter(({ path }) => !isTest(path));
  return {
    openings: byRoom(sources, (source) => openingsIn(source).length),
    words: byRoom(counted, (source) => forbiddenIn(source).length),
  };
}

/** Forbidden first words of a file's doc comments. */
export function openingsIn({ path, text }: Source): readonly string[] {
  return path.endsWith(".md") ? [] : [...text.matchAll(OPENING)].map(([, word]) => word as string);
}

/** Forbidden words of a file, each as often as it stands there. */
export function forbiddenIn({ path, text }: Source): readonly string[] {
  const allowed = new Set(ALLOWED.filter((each) => each.path.test(path)).flatMap(({ words }) => words));
  return (text.match(PART) ?? [])
    .map((part) => part.toLowerCase())
    .filter((part) => WORDS.has(part) && !allowed.has(part));
}

function byRoom(sources: readonly Source[], count: (source: Source) => number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const source of sources) {
    const found = count(source);
    const room = roomOf(source.path);
    if (found > 0) counts[room] = (counts[room] ?? 0) + found;
  }
  return counts;
}
