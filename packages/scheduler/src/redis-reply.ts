/** Redis 6 wraps what a command in a script met: `ERR Error running script (call to f_…): @user_script:1: -READONLY …`. */
const IN_SCRIPT = /^ERR Error running script\b[\s\S]*?user_script:\s?\d+: -?([A-Z]{2,})\b/;
const CODE = /^([A-Z]{2,})\b/;

/** A server that does not write any more, or that closed the connection's login: its address may lead to another by now. */
const MOVED_ON = new Set(["READONLY", "MASTERDOWN", "UNBLOCKED", "NOAUTH"]);
const REPLICA = new Set(["READONLY", "MASTERDOWN"]);
const NOT_PERMITTED = new Set(["NOPERM", "NOAUTH", "WRONGPASS"]);
const UNABLE = new Set(["LOADING", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "NOREPLICAS", "OOM", "MISCONF", "READONLY"]);

/** The code of an error reply, whether a command or a script met it: `READONLY`. */
export function replyCode(error: unknown): string | undefined {
  const message = (error as Error | undefined)?.message ?? "";
  return IN_SCRIPT.exec(message)?.[1] ?? CODE.exec(message)?.[1];
}

/** For ioredis: 1 reconnects after this reply; 2 would send the command once more as well. */
export function reconnectOnError(error: Error): 1 | false {
  return MOVED_ON.has(replyCode(error) ?? "") ? 1 : false;
}

/** As `reconnectOnError`; a command that a replica refused, and so has not run, is sent again over the new connection. */
export function resendOnError(error: Error): 1 | 2 | false {
  return REPLICA.has(replyCode(error) ?? "") ? 2 : reconnectOnError(error);
}

/** The user lacks a right, or the login was refused: rights that are granted later need a new connection. */
export function isNotPermitted(error: unknown): boolean {
  return NOT_PERMITTED.has(replyCode(error) ?? "");
}

/** A Redis that is there and refuses; a link that is away heals by itself. */
export function isRefusal(error: unknown): boolean {
  const code = replyCode(error) ?? "";
  return code === "ERR" || NOT_PERMITTED.has(code) || UNABLE.has(code);
}
