/** What a command line says to the shell and, behind its first bare `%`, to the command's standard input. */
export interface ShellCommand {
  readonly command: string;
  readonly stdin: string | undefined;
}

/** cron's rule: `\%` is a percent sign, the first bare `%` ends the command, every later one is a newline of its input. */
export function splitPercent(text: string): ShellCommand {
  const end = firstBarePercent(text);
  if (end < 0) return { command: unescaped(text, "%"), stdin: undefined };
  const input = unescaped(text.slice(end + 1), "\n");
  const stdin = input === "" || input.endsWith("\n") ? input : `${input}\n`;
  return { command: unescaped(text.slice(0, end), "%"), stdin };
}

/** A backslash takes the character behind it along, so `\\%` is two backslashes and a bare percent sign. */
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
