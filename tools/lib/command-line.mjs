import { parseArgs } from "node:util";

/**
 * The options and operands of a command, as node:util reads them. `--help` prints how it is used and ends the process with 0 before
 * anything is done; an option or operand that is not known ends it with 2. `positionals`: how many operands there may be, and `least`: must be.
 */
export function commandLine({ usage, options = {}, positionals: most = 0, least = 0, args = process.argv.slice(2) }) {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(`Usage: ${usage}\n`);
    process.exit(0);
  }
  try {
    const parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
    const given = parsed.positionals.length;
    if (given < least) refuse(`${least} operands are needed`, usage);
    if (given <= most) return parsed;
    refuse(`"${parsed.positionals[most]}" is not expected`, usage);
  } catch (error) {
    refuse(error.message.split(". ")[0], usage);
  }
}

function refuse(why, usage) {
  process.stderr.write(`${why}.\nUsage: ${usage}\n`);
  process.exit(2);
}
