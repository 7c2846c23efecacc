import { type ParseArgsConfig, parseArgs } from "node:util";

type ArgumentOptions = NonNullable<ParseArgsConfig["options"]>;

/** Mistake of the caller: one line on stderr, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Options that every command has; a memory store has no address. */
const STORE_OPTIONS = { store: { type: "string" }, ns: { type: "string", default: "default" } } as const;

/** Options, operands and help of a command. */
export interface CommandSyntax<Options extends ArgumentOptions> {
  readonly help: string;
  readonly options: Options;
  /** Names of the operands, all of which are required; without it any number is. */
  readonly operands?: readonly string[];
}

/** Store that a command works on. */
export interface StoreChoice {
  readonly store: string | undefined;
  readonly ns: string;
}

type Parsed<Options extends ArgumentOptions> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true; strict: true }>
>;

/** Arguments of a command, read and checked. */
export interface CommandArguments<Options extends ArgumentOptions> {
  readonly values: Parsed<Options>["values"];
  readonly operands: readonly string[];
  readonly choice: StoreChoice;
}

/** Reads the arguments of a command; after `--help`, which is printed, undefined. Throws a UsageError. */
export function readArguments<const Options extends ArgumentOptions>(
  args: string[],
  env: NodeJS.ProcessEnv,
  { help, options, operands }: CommandSyntax<Options>,
): CommandArguments<Options> | undefined {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(`${help}\n`);
    return undefined;
  }
  const { values, positionals } = parsed(args, { ...STORE_OPTIONS, ...options });
  if (operands !== undefined) checkOperands(positionals, operands);
  const { store = env["SCHED_STORE"], ns } = values as { readonly store?: string; readonly ns: string };
  return { values: values as Parsed<Options>["values"], operands: positionals, choice: { store, ns } };
}

/** Reads a whole number from 1. */
export function count(text: string, option: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`${option}: "${text}" is no whole number from 1`);
}

/** Throws on a missing or surplus operand. */
export function checkOperands(given: readonly string[], names: readonly string[]): void {
  const missing = names[given.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing; --help says more`);
  const surplus = given[names.length];
  if (surplus !== undefined) throw new UsageError(`unexpected argument "${surplus}"; --help says more`);
}

function parsed(args: string[], options: ArgumentOptions) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}; --help says what there is`);
  }
}
