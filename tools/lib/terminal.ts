const isStyled = process.stdout.isTTY === true && !process.env["NO_COLOR"];

export const bold: Style = style("1");
export const dim: Style = style("2");

type Style = (text: string) => string;

/** Prints one line about the work of a tool. */
export function say(line: string): void {
  process.stdout.write(`${dim("headline")}  ${line}\n`);
}

export function formatSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

function style(code: string): Style {
  return (text) => (isStyled ? `\u001b[${code}m${text}\u001b[0m` : text);
}
