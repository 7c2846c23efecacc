/** A failure that its message explains: it is printed without a stack. */
export class ExpectedFailure extends Error {}

/** Prints why the program ends, and ends it. A stack only for what nobody foresaw. */
export function endWith(error) {
  const text = error instanceof ExpectedFailure ? error.message : (error?.stack ?? String(error));
  process.stderr.write(`\n${text}\n`);
  process.exit(1);
}
