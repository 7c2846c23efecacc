import { decoded, ServerUrlError } from "../server-url.js";

/** The path in `sqlite:jobs.db` (below the working directory) or `sqlite:/var/lib/jobs.db`. */
export function sqlitePath(url: string): string {
  const text = url.trim();
  if (!/^sqlite:/i.test(text)) throw new ServerUrlError("must begin with sqlite:");
  const rest = text.slice("sqlite:".length);
  // Some libraries read sqlite:///jobs.db as a path below the working directory, others as one below the root.
  if (rest.startsWith("//"))
    throw new ServerUrlError("must have the path right after sqlite:, as in sqlite:jobs.db or sqlite:/var/lib/jobs.db");
  if (/[?#]/.test(rest)) throw new ServerUrlError("has no options; in a path write ? as %3F, # as %23 and % as %25");
  const path = decoded(rest, "the path");
  if (path.includes("\u0000")) throw new ServerUrlError("holds a NUL character");
  if (path === "" || path.endsWith("/")) throw new ServerUrlError("names no file");
  if (path === ":memory:") throw new ServerUrlError("must name a file; jobs in memory are the memory store's");
  return path;
}
