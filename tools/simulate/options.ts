import { parseArgs } from "node:util";

export const USAGE = `Usage: npm run simulate [-- options]

Readers with hidden tastes use the system over HTTP; how often they click is compared with a popularity feed and with an
oracle. Without --url a throwaway system is started for the run, and stopped after it.

  --url URL        a system that runs, started with SIGN_UPS_PER_HOUR=100000 WRITES_PER_MINUTE=off TRUST_PROXY=1; it gets new users, articles and events
  --readers N      how many readers, one of ten signed in (300)
  --rounds N       how often each of them refreshes (30)
  --articles N     how many articles are there at first (4000)
  --publish N      how many more are published each round (20)
  --pace SECONDS   how long a round takes at least (4)
  --seed N         other tastes, articles and luck (1)
  --plot FILE      where the plot goes (.data/simulation.svg)
  --json FILE      writes the figures there as well
`;

export interface SimulationOptions {
  readonly url: string | undefined;
  readonly readers: number;
  readonly rounds: number;
  readonly articles: number;
  readonly publish: number;
  readonly paceMs: number;
  readonly seed: number;
  readonly plot: string;
  readonly json: string | undefined;
}

/** A wrong argument, by name. */
export class BadOption extends Error {}

/** @throws BadOption. */
export function readOptions(args: readonly string[], plotDefault: string): SimulationOptions | "help" {
  const values = parse(args);
  if (values.help === true) return "help";
  return {
    url: values.url === undefined ? undefined : httpUrl(values.url),
    readers: wholeNumber("readers", values.readers, { default: 300, min: 1, max: 20_000 }),
    rounds: wholeNumber("rounds", values.rounds, { default: 30, min: 1, max: 1_000 }),
    articles: wholeNumber("articles", values.articles, { default: 4_000, min: 10, max: 100_000 }),
    publish: wholeNumber("publish", values.publish, { default: 20, min: 0, max: 1_000 }),
    paceMs: 1_000 * seconds("pace", values.pace, 4),
    seed: wholeNumber("seed", values.seed, { default: 1, min: 0, max: 2 ** 32 - 1 }),
    plot: file("plot", values.plot) ?? plotDefault,
    json: file("json", values.json),
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const numbers = { readers: text, rounds: text, articles: text, publish: text, pace: text, seed: text };
  try {
    const options = { ...numbers, url: text, plot: text, json: text, help: { type: "boolean", short: "h" } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new BadOption((error as Error).message);
  }
}

function wholeNumber(
  name: string,
  text: string | undefined,
  range: { default: number; min: number; max: number },
): number {
  if (text === undefined) return range.default;
  const value = /^\d+([_,]\d+)*$/.test(text) ? Number(text.replaceAll(/[_,]/g, "")) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  throw new BadOption(`--${name} must be a whole number from ${range.min} to ${range.max}, not "${text}"`);
}

function seconds(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= 0 && value <= 3_600) return value;
  throw new BadOption(`--${name} must be seconds from 0 to 3600, not "${text}"`);
}

function file(name: string, text: string | undefined): string | undefined {
  if (text?.trim() === "") throw new BadOption(`--${name} must be the name of a file`);
  return text;
}

/** Without a slash at its end, so that paths can follow. */
function httpUrl(text: string): string {
  const isHttp = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  if (!isHttp) throw new BadOption(`--url must be an address such as http://localhost:3000, not "${text}"`);
  return text.replace(/\/+$/, "");
}
