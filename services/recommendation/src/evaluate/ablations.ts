import { CIRCUMSTANCES, MEASURES } from "@headline/ranking";

/** Groups of features that an evaluation can leave out. The first three come from how an editor composed the lists of a log. */
export const ABLATIONS: Readonly<Record<string, (name: string) => boolean>> = {
  /** Places of an article on the pages of the log. */
  layout: (name) => /^(exposures|depth|place) here/.test(name) || name === "depth" || name === "surface",
  /** Places where lists of a length are clicked. */
  place: (name) => name.startsWith("place prior"),
  length: (name) => name === "list length",
  exposures: (name) => /^(exposures|onward exposures)/.test(name) || name === "since shown" || name === "time on show",
  surprise: (name) => name.startsWith("surprise"),
  habit: (name) => name === "habit",
  acquaintance: (name) => /shown to reader|last list|read before|since read|new since/.test(name),
  taste: (name) => /covisits|affinity|interest$/.test(name),
  age: (name) => name === "age" || name === "publication order",
};

export function isAblation(name: string): boolean {
  return Object.hasOwn(ABLATIONS, name);
}

/** Names of the features of some groups. */
export function featuresOf(groups: readonly string[]): string[] {
  return [...MEASURES, ...CIRCUMSTANCES].filter((name) => groups.some((group) => ABLATIONS[group]?.(name)));
}
