export interface Assignment {
  readonly name: string;
  readonly value: string;
}

/**
 * Reads a line `NAME = value` as Debian cron's load_env does: either side may be in single or double quotes, blanks
 * around `=` do not count, those behind an unquoted value neither, and nothing in it is expanded. Undefined when the
 * line is none, which includes an empty value that is not in quotes.
 */
export function readAssignment(line: string): Assignment | undefined {
  const name = readName(line.replace(/^[ \t]+/, ""));
  if (name === undefined) return undefined;
  const equals = /^\s*=\s*/.exec(name.rest);
  if (equals === null) return undefined;
  const value = readValue(name.rest.slice(equals[0].length));
  return value === undefined ? undefined : { name: name.text, value };
}

function readName(text: string): { readonly text: string; readonly rest: string } | undefined {
  const quote = quoteOf(text);
  if (quote === undefined) {
    const name = /^[^\s=]*/.exec(text)![0];
    return { text: name, rest: text.slice(name.length) };
  }
  // An equals sign ends a name even inside quotes; the missing quote is then part of nothing.
  const name = new RegExp(`^${quote}([^${quote}=]*)(${quote}|(?==))`).exec(text);
  return name === null ? undefined : { text: name[1]!, rest: text.slice(name[0].length) };
}

function readValue(text: string): string | undefined {
  const quote = quoteOf(text);
  if (quote === undefined) return text === "" ? undefined : text.trimEnd();
  const end = text.indexOf(quote, 1);
  return end > 0 && text.slice(end + 1).trim() === "" ? text.slice(1, end) : undefined;
}

function quoteOf(text: string): string | undefined {
  return text.startsWith('"') || text.startsWith("'") ? text[0] : undefined;
}

/** Explains why a line that looks like an assignment is none. */
export function assignmentProblem(line: string): { readonly reason: string; readonly column: number } | undefined {
  const match = /^[ \t]*([A-Za-z_]\w*)[ \t]*=[ \t]*/.exec(line);
  if (match === null) return undefined;
  const column = match[0].length + 1;
  const value = line.slice(match[0].length);
  if (value === "") return { reason: `an empty value needs quotes: ${match[1]}=""`, column };
  const closed = value.indexOf(value[0]!, 1) > 0;
  return { reason: closed ? "there is text behind the closing quote" : "the closing quote is missing", column };
}

/** Formats a line that `readAssignment` reads as this. Throws a RangeError when no line does. */
export function formatAssignment({ name, value }: Assignment): string {
  const plainName = /^[^\s="'#][^\s=]*$/.test(name);
  const written = plainName ? name : quoted(name);
  const plainValue = value !== "" && value.trim() === value && quoteOf(value) === undefined;
  const line = `${written}=${plainValue ? value : quoted(value)}`;
  const again = readAssignment(line);
  if (/[\r\n]/.test(line) || again?.name !== name || again.value !== value) {
    throw new RangeError(`environment: no crontab line can set ${JSON.stringify(name)} to ${JSON.stringify(value)}`);
  }
  return line;
}

function quoted(text: string): string {
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}
