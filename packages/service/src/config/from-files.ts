import { readFileSync } from "node:fs";

type Variables = Readonly<Record<string, string | undefined>>;

interface Read {
  readonly values: Variables;
  /** Variables that could not be read, and why; never a file's content. */
  readonly problems: readonly { readonly name: string; readonly why: string }[];
}

/** The variables of `names`, each as it is or from the file that `NAME_FILE` names, without the line break at its end. */
export function fromFiles(names: readonly string[], env: Variables): Read {
  const problems: { name: string; why: string }[] = [];
  const values: Record<string, string | undefined> = { ...env };
  for (const name of names) {
    const fileName = `${name}_FILE`;
    const path = env[fileName];
    if (path === undefined || names.includes(fileName)) continue;
    if (env[name] !== undefined) problems.push({ name: fileName, why: `${name} is given as well` });
    else {
      const { text, why } = readText(path);
      if (why !== undefined) problems.push({ name: fileName, why });
      else if (text !== "") values[name] = text;
    }
  }
  return { values, problems };
}

function readText(path: string): { readonly text?: string; readonly why?: string } {
  try {
    return { text: readFileSync(path, "utf8").replace(/(\r?\n)+$/, "") };
  } catch (error) {
    return { why: `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})` };
  }
}
