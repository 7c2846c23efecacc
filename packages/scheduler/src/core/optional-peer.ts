import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/**
 * Loads an optional library when a part that needs it is first used, so that importing the part needs none. Throws an
 * Error that names the part and the library.
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
