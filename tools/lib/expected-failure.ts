/** A failure that its message explains: it is printed without a stack. */
export class ExpectedFailure extends Error {}

/** Ends the process with the reason; an unexpected error is printed with its stack. */
export function endWith(error: unknown): never {
  const text = error instanceof ExpectedFailure ? error.message : ((error as Error)?.stack ?? String(error));
  process.stderr.write(`\n${text}\n`);
  process.exit(1);
}

/** The code of a system error, or its message. */
export function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
