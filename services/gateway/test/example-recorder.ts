import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Example } from "../src/openapi/example.js";

const FILE = fileURLToPath(new URL("../src/openapi/gen/examples.ts", import.meta.url));
/** Longer lists are shown by their first item. */
const ITEMS_MAX = 3;

/** Values that differ from run to run, and what stands for them in examples. */
const SCRUBBED: readonly [RegExp, string][] = [
  [/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/, "2026-11-20T22:00:00.000Z"],
  [/^\d{4}-\d{2}-\d{2}$/, "2026-11-20"],
  [/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "7f9c24e8-3b12-4f6a-9d51-0c8f5b7a2e10"],
  [/^eyJ/, "eyJ…"],
  [/^v1\./, "v1.…"],
  [/^\d{6,}$/, "17"],
];
const EPOCH_MS = 1_600_000_000_000;
const STAMP_MS = 1_795_219_200_000;

/** Collects the first exchange of each operation as its example. */
export class ExampleRecorder {
  readonly #examples = new Map<string, Example>();

  record(name: string, request: unknown, answer: unknown): void {
    if (this.#examples.has(name)) return;
    this.#examples.set(name, {
      ...(request !== undefined && { request: scrubbed(request) }),
      answer: scrubbed(answer),
    });
  }

  get examples(): Readonly<Record<string, Example>> {
    return Object.fromEntries([...this.#examples].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Writes the examples of the document, where RECORD_EXAMPLES asks for it. */
  write(): void {
    if (process.env["RECORD_EXAMPLES"] === undefined) return;
    writeFileSync(
      FILE,
      `// Recorded by RECORD_EXAMPLES=1 npm test -- gateway/test/openapi. DO NOT EDIT.
import type { Example } from "../example.js";

export const EXAMPLES: Readonly<Record<string, Example>> = ${JSON.stringify(this.examples, null, 2)};
`,
    );
  }
}

/** Types of a value, field by field: equal for two answers that differ in their values alone. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}

function scrubbed(value: unknown): unknown {
  if (typeof value === "number") return value > EPOCH_MS ? STAMP_MS : value;
  if (typeof value === "string") return scrubbedText(value);
  if (Array.isArray(value)) return value.slice(0, value.length > ITEMS_MAX ? 1 : ITEMS_MAX).map(scrubbed);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, scrubbed(inner)]));
}

/** The first line of a text that has more. */
function scrubbedText(text: string): string {
  const [, standIn] = SCRUBBED.find(([pattern]) => pattern.test(text)) ?? [];
  const [line = ""] = text.split("\n", 1);
  return standIn ?? (text.length > line.length + 1 ? `${line}\n…` : text);
}
