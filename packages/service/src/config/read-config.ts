import type { z } from "zod";
import { fromFiles } from "./from-files.js";

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Typed values from the environment. A missing or malformed variable ends the process with a line that names it and never
 * repeats its value, before anything listens. The value of `NAME` may stand in the file that `NAME_FILE` names.
 */
export function readConfig<Schema extends z.ZodType>(schema: Schema, env: NodeJS.ProcessEnv): z.output<Schema> {
  const { values, problems: unread } = fromFiles(namesIn(schema), given(env));
  const parsed = schema.safeParse(given(values));
  if (parsed.success && unread.length === 0) return parsed.data;
  const named = new Set(unread.map(({ name }) => name));
  const problems = [
    ...unread.map(({ name, why }) => `${name}: ${why}`),
    ...(parsed.error?.issues ?? [])
      .filter(({ path }) => !named.has(`${path[0] as string}_FILE`))
      .map((issue) => `${issue.path.join(".") || "environment"}: ${messageOf(issue, values)}`),
  ];
  process.stderr.write(problems.map((problem) => `The configuration is not usable: ${problem}\n`).join(""));
  process.exit(1);
}

/** The variables that are set: a value of white space counts as missing, and a line break at the end (of a file with CRLF) does not count. */
function given(env: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || value.trim() === "" ? [] : [[name, value.replace(/[\r\n]+$/, "")]],
    ),
  );
}

/** zod says "expected string, received undefined" of what is missing. */
function messageOf(issue: z.core.$ZodIssue, values: Variables): string {
  const isMissing = issue.code === "invalid_type" && values[issue.path[0] as string] === undefined;
  return isMissing ? "is missing" : issue.message;
}

/** The variables that an object's schema knows. */
function namesIn(schema: z.ZodType): readonly string[] {
  return "shape" in schema ? Object.keys(schema.shape as object) : [];
}
