import { BadOption, httpUrl, parseOptions, wholeNumber } from "../lib/command-line.js";

export const USAGE = `npm run simulate [-- options]

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

const text = { type: "string" } as const;
const OPTIONS = {
  ...{ readers: text, rounds: text, articles: text, publish: text, pace: text, seed: text },
  ...{ url: text, plot: text, json: text },
} as const;

/** @throws BadOption. */
export function readOptions(args: readonly string[], plotDefault: string): SimulationOptions {
  const values = parseOptions(args, OPTIONS);
  return {
    url: values.url === undefined ? undefined : httpUrl("url", values.url),
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
