import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BulkWriter } from "./bulk-writer.js";
import { SAMPLE } from "./sample-folder.js";

export interface Channel {
  readonly id: number;
  readonly name: string;
  readonly name_en: string;
}

/** The channels that the sample knows, in the order readers see them. */
export function sampleChannels(): readonly Channel[] {
  return JSON.parse(readFileSync(join(SAMPLE, "channels.json"), "utf8")) as Channel[];
}

/** Adds the channels that are not there yet, after those that are; one that is there keeps its names. */
export async function addMissingChannels(writer: BulkWriter, channels: readonly Channel[]): Promise<number> {
  const there = await writer.query<{ id: number; position: number }>("SELECT id, position FROM channels");
  const known = new Set(there.map(({ id }) => id));
  const last = Math.max(-1, ...there.map(({ position }) => position));
  const missing = channels.filter(({ id }) => !known.has(id));
  const rows = missing.map(({ id, name, name_en }, index) => [id, name, name_en, last + 1 + index]);
  await writer.insert("IGNORE INTO channels", ["id", "name", "name_en", "position"], rows);
  return missing.length;
}
