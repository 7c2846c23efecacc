import { type ParseArgsConfig, parseArgs } from "node:util";

/** A wrong argument, by its name. */
export class BadOption extends Error {}

type Options = NonNullable<ParseArgsConfig["options"]>;

/** The options given. @throws BadOption naming the one that is not known or lacks its value. */
export function parseOptions<const Known extends Options>(
  args: readonly string[],
  options: Known,
): ReturnType<typeof parseArgs<{ options: Known }>>["values"] {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new BadOption((error as Error).message);
  }
}

/** A whole number in its range. @throws BadOption */
export function wholeNumber(
  name: string,
  text: string | undefined,
  range: { readonly default: number; readonly min: number; readonly max: number },
): number {
  if (text === undefined) return range.default;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  throw new BadOption(`--${name} must be a whole number from ${range.min} to ${range.max}, not "${text}"`);
}

const INT64_MAX = 2n ** 63n - 1n;

/** An id as the contract has it: negative for a guest. @throws BadOption */
export function int64(name: string, text: string | undefined, otherwise: bigint): bigint {
  if (text === undefined) return otherwise;
  const value = /^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
  if (value !== undefined && value <= INT64_MAX && value >= -INT64_MAX - 1n) return value;
  throw new BadOption(`--${name} must be a whole number of at most 64 bits, not "${text}"`);
}

/** Runs a program that people call by hand: usage on `--help`, and what is wrong in words. */
export async function runByHand(usage: string, run: (args: readonly string[]) => Promise<void>): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(usage);
    return;
  }
  const alive = setInterval(() => undefined, 60_000); // a call that is about to be asked again keeps no process
  try {
    await run(args);
  } catch (error) {
    const text = error instanceof BadOption ? `${error.message}\n\n${usage}` : `${(error as Error).message}\n`;
    process.stderr.write(text);
    process.exitCode = error instanceof BadOption ? 2 : 1;
  } finally {
    clearInterval(alive);
  }
}
