import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/**
 * A library that only users of one part install, loaded when that part is first used: importing the part needs none.
 * Throws an Error that says who needs it.
 */
export function optionalPeer<T>(name: string, neededBy: string): T {
  try {
    return require(name) as T;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND";
    if (!isMissing || !(error as Error).message.includes(`'${name}'`)) throw error;
    throw new Error(`${neededBy} needs ${name}, which is not installed: npm install ${name}`, { cause: error });
  }
}
