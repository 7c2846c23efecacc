import { REASONS } from "@headline/recommender/reasons";

const PINNED = { en: "Top", zh: "置顶" } as const;

/** Labels of articles by the reason they are shown for. */
export function reasonLabels(language: "en" | "zh"): Readonly<Record<string, string>> {
  const recommended = Object.entries(REASONS).map(([reason, { label }]) => [reason, label[language]]);
  return { pinned: PINNED[language], ...Object.fromEntries(recommended) };
}
