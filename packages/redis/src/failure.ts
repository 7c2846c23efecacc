/**
 * Replies of a Redis that is there but cannot serve just now: loading, failing over, without its primary, full, busy with a script,
 * or its credentials are being changed. The one list for all who ask Redis.
 */
const UNABLE =
  "LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|NOREPLICAS|BUSY|OOM|MISCONF|NOAUTH|WRONGPASS|NOPERM|UNBLOCKED";
const UNABLE_REPLY = new RegExp(`^(?:${UNABLE}|ERR max number of clients)\\b`);
/** Redis 6 wraps what a command in a script met: `ERR Error running script (call to f_…): @user_script:1: -READONLY …`. */
const UNABLE_IN_SCRIPT = new RegExp(`^ERR Error running script\\b[\\s\\S]*@user_script:\\s?\\d+: -?(?:${UNABLE})\\b`);
/** The server does not write any more, or closed the connection's login. */
const MOVED_ON = "READONLY|MASTERDOWN|UNBLOCKED|NOAUTH";
const MOVED_ON_REPLY = new RegExp(
  `^(?:${MOVED_ON})\\b|^ERR Error running script\\b[\\s\\S]*@user_script:\\s?\\d+: -?(?:${MOVED_ON})\\b`,
);

/** A reply that passes: Redis cannot serve just now. */
export function isUnableReply(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== "ReplyError") return false;
  return UNABLE_REPLY.test(error.message) || UNABLE_IN_SCRIPT.test(error.message);
}

/** A replica answered, or the login is not valid any more: after a failover the address may lead to the new primary. */
export function isMovedOnReply(error: Error): boolean {
  return MOVED_ON_REPLY.test(error.message);
}

/** Redis refuses the user or password, or wants one: no value of the variable is repeated. */
const REFUSED_LOGIN = /^(WRONGPASS|NOAUTH|ERR invalid password|ERR (Client sent AUTH|AUTH <password> called))\b/;

/** Reports refused credentials by the variable that holds them, and everything else as it is. */
export function namingLogin(variable: string, report: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    const [, code] = REFUSED_LOGIN.exec((error as Error | undefined)?.message ?? "") ?? [];
    report(code === undefined ? error : new Error(`${variable}: Redis refuses the user or password (${code})`));
  };
}
