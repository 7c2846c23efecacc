import { readFileSync } from "node:fs";
import { userInfo } from "node:os";

/** As whom a command runs. */
export interface Account {
  readonly name: string;
  readonly home: string;
  /** Undefined for the user this process runs as: then nothing is to be changed. */
  readonly ids: { readonly uid: number; readonly gid: number } | undefined;
}

/** The account of that name in /etc/passwd, or this process's own. Only root can run commands as somebody else. */
export function accountOf(name: string | undefined): Account {
  const own = userInfo();
  if (name === undefined || name === own.username) return { name: own.username, home: own.homedir, ids: undefined };
  if (own.uid !== 0)
    throw new Error(`user: only root can run a command as "${name}"; this process is "${own.username}"`);
  const fields = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .find(([user]) => user === name);
  if (fields === undefined) throw new Error(`user: there is no user "${name}" on this machine`);
  return { name, home: fields[5] ?? "/", ids: { uid: Number(fields[2]), gid: Number(fields[3]) } };
}
