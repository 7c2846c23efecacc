/** One line of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPES: Readonly<Record<string, string>> = { "\\n": "\n", '\\"': '"', "\\\\": "\\" };
const LINES_MAX = 20_000;

/** Parses Prometheus's text format; unreadable lines are skipped. */
export function readPrometheusText(text: string): Sample[] {
  return text
    .split("\n", LINES_MAX)
    .filter((line) => line !== "" && !line.startsWith("#"))
    .flatMap((line) => {
      const [, name, labels = "", value] = LINE.exec(line) ?? [];
      if (name === undefined || value === undefined) return [];
      const named = [...labels.matchAll(LABEL)].map(([, label = "", text = ""]) => [label, unescaped(text)] as const);
      return [{ name, labels: Object.fromEntries(named), value: numberOf(value) }];
    });
}

function unescaped(text: string): string {
  return text.replace(/\\[n"\\]/g, (pair) => ESCAPES[pair] ?? pair);
}

function numberOf(text: string): number {
  return text === "+Inf" ? Number.POSITIVE_INFINITY : Number(text);
}
