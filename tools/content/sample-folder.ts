import { fileURLToPath } from "node:url";

export const SAMPLE: string = fileURLToPath(new URL("../../sample", import.meta.url));
