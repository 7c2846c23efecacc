import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/root.js";

export interface Demo {
  readonly names: readonly string[];
  readonly staff: string;
  readonly password: string;
}

/** The accounts of the sample that can sign in, and the password that stands in the repository. */
export function demo(): Demo {
  return JSON.parse(readFileSync(join(root, "tools/content/demo.json"), "utf8")) as Demo;
}
