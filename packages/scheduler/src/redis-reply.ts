/** Error of a command in a script, as Redis 6 wraps it: `ERR Error running script (call to f_…): @user_script:1: -READONLY …`. */
const IN_SCRIPT = /^ERR Error running script\b[\s\S]*?user_script:\s?\d+: -?([A-Z]{2,})\b/;
const CODE = /^([A-Z]{2,})\b/;

/** Codes of a server that became read-only or ended the login: its address may lead to another server now. */
const MOVED_ON = new Set(["READONLY", "MASTERDOWN", "UNBLOCKED", "NOAUTH"]);
const REPLICA = new Set(["READONLY", "MASTERDOWN"]);
const NOT_PERMITTED = new Set(["NOPERM", "NOAUTH", "WRONGPASS"]);
const UNABLE = new Set(["LOADING", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "NOREPLICAS", "OOM", "MISCONF", "READONLY"]);

/** Returns the code of an error reply, of a command or of a script: `READONLY`. */
export function replyCode(error: unknown): string | undefined {
  const message = (error as Error | undefined)?.message ?? "";
  return IN_SCRIPT.exec(message)?.[1] ?? CODE.exec(message)?.[1];
}

/** `reconnectOnError` of ioredis: 1 reconnects after this reply; 2 would send the command again as well. */
export function reconnectOnError(error: Error): 1 | false {
  return MOVED_ON.has(replyCode(error) ?? "") ? 1 : false;
}

/** `reconnectOnError` that sends a command again over the new connection when a replica refused, and so has not run it. */
export function resendOnError(error: Error): 1 | 2 | false {
  return REPLICA.has(replyCode(error) ?? "") ? 2 : reconnectOnError(error);
}

/** Whether the user lacks a right or the login was refused; a right that is granted later needs a new connection. */
export function isNotPermitted(error: unknown): boolean {
  return NOT_PERMITTED.has(replyCode(error) ?? "");
}

/** Whether Redis refuses, in contrast to a lost connection, which heals by itself. */
export function isRefusal(error: unknown): boolean {
  const code = replyCode(error) ?? "";
  return code === "ERR" || NOT_PERMITTED.has(code) || UNABLE.has(code);
}
