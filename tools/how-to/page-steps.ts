/** One step of a how-to page: a new file, or a change of one. */
export interface PageStep {
  readonly file: string;
  readonly language: "ts" | "sql" | "diff";
  readonly block: string;
}

const HEADING_OR_BLOCK = /^## .*?`(?<file>[\w./-]+)`$|^## .*$|^```(?<language>ts|sql|diff)\n(?<block>[\s\S]*?)^```$/gm;

/** Blocks of a page in their order, each of the file that the heading above it names. */
export function stepsOf(page: string): PageStep[] {
  const steps: PageStep[] = [];
  let file: string | undefined;
  for (const { groups = {} } of page.matchAll(HEADING_OR_BLOCK)) {
    const { language, block } = groups;
    if (language === undefined) file = groups["file"];
    else if (file !== undefined) steps.push({ file, language: language as PageStep["language"], block: block ?? "" });
  }
  return steps;
}

/** Text after a step. @throws Error when the lines that the step starts from stand nowhere in it, or more than once. */
export function applied({ file, language, block }: PageStep, text: string): string {
  if (language !== "diff") return block;
  const lines = block.trimEnd().split("\n");
  const side = (sign: "-" | "+") =>
    lines
      .filter((line) => line[0] !== sign)
      .map((line) => line.slice(1))
      .join("\n");
  const [before, after] = [side("+"), side("-")];
  const parts = text.split(before);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times:\n${before}`);
  return parts.join(after);
}
