const styled = process.stdout.isTTY === true && !process.env.NO_COLOR;

export const bold = style("1");
export const dim = style("2");
export const red = style("31");
export const yellow = style("33");

/** One line about what the launcher does. */
export function tell(line) {
  process.stdout.write(`${dim("headline")}  ${line}\n`);
}

export function seconds(ms) {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

function style(code) {
  return (text) => (styled ? `\u001b[${code}m${text}\u001b[0m` : text);
}
