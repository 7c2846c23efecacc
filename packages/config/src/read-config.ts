import type { z } from "zod";
import { fromFiles } from "./from-files.js";

/**
 * Typed values from the environment. A missing or malformed variable ends the process with its name,
 * before anything listens; an empty variable counts as missing. What `NAME` is may stand in the file that `NAME_FILE` names.
 */
export function readConfig<Schema extends z.ZodType>(schema: Schema, env: NodeJS.ProcessEnv): z.output<Schema> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const { values, problems: unread } = fromFiles(namesIn(schema), set);
  const parsed = schema.safeParse(values);
  if (parsed.success && unread.length === 0) return parsed.data;
  const told = new Set(unread.map(({ name }) => name));
  const problems = [
    ...unread.map(({ name, why }) => `  ${name}: ${why}`),
    ...(parsed.error?.issues ?? [])
      .filter(({ path }) => !told.has(`${path[0] as string}_FILE`))
      .map((issue) => `  ${issue.path.join(".") || "environment"}: ${issue.message}`),
  ];
  process.stderr.write(`The configuration is not usable:\n${problems.join("\n")}\n`);
  process.exit(1);
}

/** The variables that an object's schema knows. */
function namesIn(schema: z.ZodType): readonly string[] {
  return "shape" in schema ? Object.keys(schema.shape as object) : [];
}
