import type { z } from "zod";

/**
 * Typed values from the environment. A missing or malformed variable ends the process with its name,
 * before anything listens; an empty variable counts as missing.
 */
export function readConfig<Schema extends z.ZodType>(schema: Schema, env: NodeJS.ProcessEnv): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join(".") || "environment"}: ${issue.message}`);
  process.stderr.write(`The configuration is not usable:\n${problems.join("\n")}\n`);
  process.exit(1);
}
