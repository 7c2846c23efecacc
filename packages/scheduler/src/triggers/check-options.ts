import { nearestName } from "../options/nearest-name.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";

/**
 * Throws on an unknown option: with `hours` for `hour`, or `minute` for `minutes`, a job would run at
 * unexpected times.
 */
export function checkOptions(kind: string, options: object, ...known: readonly (readonly string[])[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.some((names) => names.includes(name))) continue;
    const near = nearestName(name, known.flat());
    const meant = near === undefined ? "" : `; write ${near}`;
    throw new TriggerSyntaxError(name, `${kind} has no such option${meant}; known are ${known.flat().join(", ")}`);
  }
}
