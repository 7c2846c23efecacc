import { replyCode } from "../../redis-reply.js";

/** Reason why Redis cannot be used: `login` and `tls` are settings that waiting does not heal, `right` is one that may be granted. */
export interface RedisFailure {
  readonly kind: "login" | "right" | "tls" | "reach";
  /** Message with the reason; it never contains the password. */
  readonly text: string;
}

const LOGIN_CODES = new Set(["WRONGPASS", "NOAUTH"]);
const LOGIN = /^ERR (invalid password|AUTH\b|Client sent AUTH)/i;
const TLS_CODE = /^(ERR_SSL|ERR_TLS|EPROTO$|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/;

/** State of Redis by an error of a connection or of a command. */
export function redisFailure(thrown: unknown): RedisFailure {
  const error = ((thrown as { lastNodeError?: unknown } | undefined)?.lastNodeError ?? thrown) as NodeJS.ErrnoException;
  const message = error.message || String(error.code ?? error);
  const code = replyCode(error) ?? "";
  if (LOGIN.test(message) || LOGIN_CODES.has(code))
    return { kind: "login", text: `Redis refuses the login (name or password): ${message}` };
  if (code === "NOPERM") return { kind: "right", text: `Redis refuses a right: ${message}` };
  if (TLS_CODE.test(String(error.code)))
    return { kind: "tls", text: `TLS with Redis failed (${error.code}): ${message}` };
  return { kind: "reach", text: `Redis cannot be reached: ${message}` };
}

/** True for an error of Redis, not of the connection: connecting again would change nothing. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}
