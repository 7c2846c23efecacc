/** Command line, split into the text for the shell and, behind the first bare `%`, the command's standard input. */
export interface ShellCommand {
  readonly command: string;
  readonly stdin: string | undefined;
}

/** Splits by cron's rule: `\%` is a percent sign, the first bare `%` ends the command, every later one is a newline of its input. */
export function splitPercent(text: string): ShellCommand {
  const end = firstBarePercent(text);
  if (end < 0) return { command: unescaped(text, "%"), stdin: undefined };
  const input = unescaped(text.slice(end + 1), "\n");
  const stdin = input === "" || input.endsWith("\n") ? input : `${input}\n`;
  return { command: unescaped(text.slice(0, end), "%"), stdin };
}

/** Finds the first bare percent sign; a backslash escapes the next character, so `\\%` is two backslashes and a bare sign. */
function firstBarePercent(text: string): number {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "%") return at;
  }
  return -1;
}

function unescaped(text: string, bare: string): string {
  return text.replace(/\\.|%/gs, (match) => (match === "%" ? bare : match === "\\%" ? "%" : match));
}
