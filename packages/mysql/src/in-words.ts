import { Refusal } from "@headline/service/errors";
import { asFailure } from "./failure.js";

interface ServerError extends Error {
  readonly errno?: number;
  readonly code?: string;
}

const REASONS: readonly (readonly [reason: string, errnos: readonly number[]])[] = [
  ["the server refuses the user or password", [1045, 1251, 1698, 1820, 1862, 3118, 3159, 4151]],
  ["the server knows no such database", [1049]],
  ["the user lacks rights on the database", [1044, 1142, 1143, 1227, 1370]],
  ["the server refuses connections from here", [1130, 1129]],
  ["a table or column is missing; the schema is not current", [1146, 1054]],
];

/**
 * One line for people who run a program: the variable and what is wrong with the server it names, never a part of its value.
 * Undefined for what is no failure of MySQL.
 */
export function mysqlInWords(variable: string, error: unknown): string | undefined {
  const cause = serverErrorIn(error);
  if (cause === undefined) return undefined;
  const code = cause.code ?? cause.errno;
  const reason = REASONS.find(([, errnos]) => errnos.includes(cause.errno ?? 0))?.[0];
  if (reason !== undefined) return `${variable}: ${reason} (${code})`;
  if (asFailure(cause) instanceof Refusal) return `${variable}: the server does not answer (${code})`;
  return error === cause ? `${variable}: the server answers with an error (${code})` : undefined;
}

/** The driver's error, which a refusal or a failed migration was caused by. */
function serverErrorIn(error: unknown): ServerError | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code, errno, syscall } = each as ServerError & { syscall?: string };
    const isDrivers = typeof errno === "number" || /^(PROTOCOL_|HANDSHAKE_|POOL_CLOSED)/.test(String(code));
    if (isDrivers && syscall !== "listen" && syscall !== "bind") return each;
  }
  return undefined;
}
