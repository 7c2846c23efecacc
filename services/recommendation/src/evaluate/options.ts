import { parseArgs } from "node:util";
import { ABLATIONS, isAblation } from "./ablations.js";

export interface EvaluateOptions {
  readonly train: string;
  readonly test: string;
  readonly trainDays: number | undefined;
  /** Days of the first log that are replayed at all. */
  readonly days: number | undefined;
  readonly fullPool: boolean;
  /** Of so many lists that are judged, one is asked for a page and a pool. */
  readonly sample: number;
  /** Groups of features that are left out. */
  readonly without: readonly string[];
  readonly json: string | undefined;
  readonly plot: string;
  readonly seed: number;
  /** Number of seeds, from the first on, of which the spread is printed. */
  readonly seeds: number;
}

export const USAGE = `npm run evaluate -- --train DIR --test DIR [--train-days N] [--days N] [--full-pool] [--sample N]
  [--without ${Object.keys(ABLATIONS).join(",")}] [--json FILE] [--plot FILE] [--seed N] [--seeds N]`;

/** A command line that cannot be followed; the message names the option. */
export class BadOption extends Error {
  override readonly name = "BadOption";
}

export function readOptions(args: readonly string[]): EvaluateOptions {
  const given = parse(args);
  const { train, test, json, plot, "full-pool": fullPool } = given;
  if (train === undefined) throw new BadOption("--train is missing");
  if (test === undefined) throw new BadOption("--test is missing");
  const counted = (name: "train-days" | "days" | "sample" | "seed" | "seeds", least: number) =>
    given[name] === undefined ? undefined : number(`--${name}`, given[name], least);
  return {
    train,
    test,
    trainDays: counted("train-days", 0),
    days: counted("days", 1),
    fullPool: fullPool ?? false,
    sample: counted("sample", 1) ?? 1,
    without: withoutOf(given.without),
    json,
    plot: plot ?? ".data/evaluate.svg",
    seed: counted("seed", 0) ?? 1,
    seeds: counted("seeds", 1) ?? 1,
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const numbers = { "train-days": text, days: text, sample: text, seed: text, seeds: text };
  const options = { train: text, test: text, json: text, plot: text, without: text, ...numbers };
  try {
    return parseArgs({ args: [...args], options: { ...options, "full-pool": { type: "boolean" } } }).values;
  } catch (cause) {
    throw new BadOption((cause as Error).message, { cause });
  }
}

function withoutOf(raw: string | undefined): readonly string[] {
  const names = raw === undefined ? [] : raw.split(",");
  const unknown = names.find((name) => !isAblation(name));
  if (unknown === undefined) return names;
  throw new BadOption(`--without takes ${Object.keys(ABLATIONS).join(", ")}, not ${JSON.stringify(unknown)}`);
}

function number(option: string, raw: string, least: number): number {
  const value = Number(raw);
  if (raw.trim() === "" || !Number.isFinite(value) || value < least)
    throw new BadOption(`${option} must be a number, at least ${least}, not ${JSON.stringify(raw)}`);
  return value;
}
