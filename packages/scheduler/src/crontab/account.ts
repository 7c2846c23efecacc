import { readFileSync } from "node:fs";
import { userInfo } from "node:os";

/** Account that a command runs as. */
export interface Account {
  readonly name: string;
  readonly home: string;
  /** Undefined for the user of this process. */
  readonly ids: { readonly uid: number; readonly gid: number } | undefined;
}

/** Returns the account of that name in /etc/passwd, or that of this process. Only root can run commands as another user. */
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
