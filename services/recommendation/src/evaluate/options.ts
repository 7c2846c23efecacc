import { parseArgs } from "node:util";

export interface EvaluateOptions {
  readonly train: string;
  readonly test: string;
  readonly trainDays: number | undefined;
  readonly fullPool: boolean;
  readonly json: string | undefined;
  readonly plot: string;
  readonly seed: number;
}

export const USAGE =
  "npm run evaluate -- --train DIR --test DIR [--train-days N] [--full-pool] [--json FILE] [--plot FILE] [--seed N]";

/** A command line that cannot be followed; the message names the option. */
export class BadOption extends Error {
  override readonly name = "BadOption";
}

export function readOptions(args: readonly string[]): EvaluateOptions {
  const { train, test, json, plot, "train-days": trainDays, "full-pool": fullPool, seed } = parse(args);
  if (train === undefined) throw new BadOption("--train is missing");
  if (test === undefined) throw new BadOption("--test is missing");
  return {
    train,
    test,
    trainDays: trainDays === undefined ? undefined : number("--train-days", trainDays, 0),
    fullPool: fullPool ?? false,
    json,
    plot: plot ?? ".data/evaluate.svg",
    seed: seed === undefined ? 1 : number("--seed", seed, 0),
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const options = { train: text, test: text, json: text, plot: text, "train-days": text, seed: text };
  try {
    return parseArgs({ args: [...args], options: { ...options, "full-pool": { type: "boolean" } } }).values;
  } catch (cause) {
    throw new BadOption((cause as Error).message, { cause });
  }
}

function number(option: string, raw: string, least: number): number {
  const value = Number(raw);
  if (raw.trim() === "" || !Number.isFinite(value) || value < least)
    throw new BadOption(`${option} must be a number, at least ${least}, not ${JSON.stringify(raw)}`);
  return value;
}
