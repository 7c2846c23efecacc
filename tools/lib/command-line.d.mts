import type { ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** The options and operands of a command; `--help` ends the process with 0 before anything is done, a mistake with 2. */
export declare function commandLine<const Known extends Options>(command: {
  readonly usage: string;
  readonly options?: Known;
  readonly positionals?: number;
  readonly least?: number;
  readonly args?: readonly string[];
}): ReturnType<typeof parseArgs<{ options: Known; allowPositionals: true; strict: true }>>;
