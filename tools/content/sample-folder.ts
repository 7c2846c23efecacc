import { join } from "node:path";
import { root } from "../lib/root.js";

export const SAMPLE: string = join(root, "sample");
