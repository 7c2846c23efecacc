import { type ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Parsed<Known extends Options> = ReturnType<
  typeof parseArgs<{ options: Known; allowPositionals: true; strict: true }>
>;

interface Command<Known extends Options> {
  /** Begins with the command itself. */
  readonly usage: string;
  readonly options?: Known;
  /** Most operands; none by default. */
  readonly positionals?: number;
  /** Fewest operands. */
  readonly least?: number;
  readonly args?: readonly string[];
}

/** An argument that cannot be followed; the message names it. */
export class BadOption extends Error {
  override readonly name = "BadOption";
}

/**
 * Parses the options and operands of a command. `--help` prints its usage and ends the process with 0 before anything is done; a mistake
 * ends it with 2.
 */
export function commandLine<const Known extends Options>(command: Command<Known>): Parsed<Known> {
  const args = command.args ?? process.argv.slice(2);
  printHelp(command.usage, args);
  return orUsage(command.usage, () => parseCommand(command, args));
}

/** With `--help` among the arguments prints the usage and ends the process with 0. */
export function printHelp(usage: string, args: readonly string[]): void {
  if (!args.includes("--help") && !args.includes("-h")) return;
  process.stdout.write(`Usage: ${usage.trimEnd()}\n`);
  process.exit(0);
}

/** Returns the result of `read`; where that throws BadOption, prints it with the usage and ends the process with 2. */
export function orUsage<Result>(usage: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    return endOnBadOption(error, usage);
  }
}

/** Prints a BadOption with the usage and ends the process with 2; throws any other error again. */
export function endOnBadOption(error: unknown, usage: string): never {
  if (!(error instanceof BadOption)) throw error;
  process.stderr.write(`${error.message}.\nUsage: ${usage.trimEnd()}\n`);
  process.exit(2);
}

/** Parses options without operands. @throws BadOption naming the one that is not known or lacks its value. */
export function parseOptions<const Known extends Options>(
  args: readonly string[],
  options: Known,
): Parsed<Known>["values"] {
  return parseCommand({ usage: "", options }, args).values;
}

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly default: number;
}

/** A whole number in its range, perhaps with groups of digits: 10_000 or 10,000. @throws BadOption */
export function wholeNumber(name: string, text: string | undefined, range: Range): number {
  if (text === undefined) return range.default;
  const value = /^\d+([_,]\d+)*$/.test(text) ? Number(text.replaceAll(/[_,]/g, "")) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  throw new BadOption(`--${name} must be a whole number from ${range.min} to ${range.max}, not "${text}"`);
}

/** An http or https address, without slashes at its end. @throws BadOption */
export function httpUrl(name: string, text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text.replace(/\/+$/, "");
  throw new BadOption(`--${name} must be an address such as http://localhost:3000, not "${text}"`);
}

function parseCommand<const Known extends Options>(command: Command<Known>, args: readonly string[]): Parsed<Known> {
  const { options = {} as Known, positionals: most = 0, least = 0 } = command;
  const parsed = parsedStrictly(args, options);
  const { length } = parsed.positionals;
  if (length < least) throw new BadOption(`${least} operand${least === 1 ? " is" : "s are"} needed`);
  if (length > most) throw new BadOption(`"${parsed.positionals[most]}" is not expected`);
  return parsed;
}

function parsedStrictly<const Known extends Options>(args: readonly string[], options: Known): Parsed<Known> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new BadOption((error as Error).message.split(". ")[0], { cause: error });
  }
}
