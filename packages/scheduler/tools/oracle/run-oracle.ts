import { type BehaviourLine, runBehaviourLine } from "./behaviour.js";
import { type FluentLine, runFluentLine } from "./fluent.js";
import { runTriggerLine, type TriggerLine } from "./trigger-line.js";

export interface OracleResult {
  readonly passed: number;
  readonly failures: readonly { readonly id: string; readonly difference: string }[];
}

/** Runs the cases of a file, in any of the four formats, a JSON object a line. */
export async function runOracle(text: string): Promise<OracleResult> {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const failures: { id: string; difference: string }[] = [];
  for (const line of lines) {
    const parsed = JSON.parse(line) as { readonly id: string };
    const difference = await runLine(parsed);
    if (difference !== null) failures.push({ id: parsed.id, difference });
  }
  return { passed: lines.length - failures.length, failures };
}

async function runLine(line: object): Promise<string | null> {
  try {
    if ("chain" in line) return await runFluentLine(line as FluentLine);
    if ("events" in line) return await runBehaviourLine(line as BehaviourLine);
    return runTriggerLine(line as TriggerLine);
  } catch (error) {
    return `threw ${error instanceof Error ? error.message : String(error)}`;
  }
}
