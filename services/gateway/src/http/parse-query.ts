import { parse } from "node:querystring";
import { invalid } from "./read.js";

const PARAMETERS_MAX = 64;

/** Parameters of a query, repeated ones as a list. @throws Refusal INVALID_ARGUMENT naming the query when there are too many. */
export function parseQuery(text: string | null): NodeJS.Dict<string | string[]> {
  let count = 1;
  for (let at = text?.indexOf("&") ?? -1; at !== -1 && text !== null; at = text.indexOf("&", at + 1)) count += 1;
  if (count > PARAMETERS_MAX) throw invalid("query", `has more than ${PARAMETERS_MAX} parameters`);
  return parse(text ?? "");
}
